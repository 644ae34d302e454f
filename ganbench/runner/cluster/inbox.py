"""What arrives of a run's folder: gathered beside, held against its digests, then put in place.

Whatever a node says, nothing is written but a run's own files, inside its folder.
"""

import shutil
import uuid
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.errors import InputError
from ganbench.runner.cluster.outbox import CHECKPOINT, RECORD, SENT
from ganbench.system import files
from ganbench.training import checkpoint

MOST_FILES = 50_000  # of one save

Message = dict[str, Any]


class Inbox:
    """The way into one run's folder."""

    def __init__(self, folder: Path, key: str):
        self.folder, self._key = folder, key
        self._draft = folder / f".arriving.{uuid.uuid4().hex[:8]}"
        self._promised: dict[str, tuple[int, str]] = {}  # bytes and sha256
        self._come: dict[str, int] = {}  # bytes

    def take(self, message: Message) -> None:
        """Take one of the messages of an `Outbox`; InputError for what cannot be one."""
        take = {"saving": self._saving, "part": self._part, "saved": self._saved}
        try:
            take[message["kind"]](message)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise InputError(f"what a node sent is not understood: {error!r}"[:200]) from None

    def clear(self) -> None:
        """Forget what has come of a save that will not come to its end."""
        files.remove(self._draft)
        self._promised, self._come = {}, {}

    def _saving(self, message: Message) -> None:
        self.clear()
        told = message["files"]
        if len(told) > MOST_FILES:
            raise InputError(f"a node wants to send {len(told):,} files of one run")
        for name in told:
            if not SENT.fullmatch(name):
                raise InputError(f"a node wants to send {name[:80]!r}, which is no file of a run")
        self._promised = {n: (int(seal["bytes"]), str(seal["sha256"])) for n, seal in told.items()}
        count = sum(size for size, _ in self._promised.values())
        free = shutil.disk_usage(files.existing_parent(self.folder)).free
        if count > free:
            raise InputError(f"{self.folder} has no room for the {count:,} bytes of a save")
        with files.writing(self._draft):
            self._draft.mkdir(parents=True)
        for name in self._promised:
            self._append(name, b"")

    def _part(self, message: Message) -> None:
        name, data = message["name"], message["data"]
        if self._come[name] + len(data) > self._promised[name][0]:
            raise InputError(f"a node sends more of {name} than it said")
        self._append(name, data)

    def _append(self, name: str, data: bytes) -> None:
        come = self._come.get(name, 0)
        with files.growing(files.inside(self._draft, name), come) as append:
            append(data)
        self._come[name] = come + len(data)

    def _saved(self, message: Message) -> None:
        """Check all, then put it in place: the record last, and before it the checkpoint."""
        for name, (_, digest) in self._promised.items():
            if files.sha256(self._draft / name) != digest:
                raise InputError(f"{name} did not arrive as it was sent")
        has_record = RECORD in self._promised
        if has_record and record.read(self._draft).key != self._key:
            raise InputError("a node has sent the record of another run")
        for name in self._promised:
            if name != RECORD and not name.startswith(CHECKPOINT):
                place = files.inside(self.folder, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                files.settle(self._draft / name, place)
        if (self._draft / checkpoint.NAMES[0]).exists():
            checkpoint.take(self._draft / checkpoint.NAMES[0], self.folder, self._key)
        if has_record:
            files.settle(self._draft / RECORD, self.folder / RECORD)
        self.clear()
