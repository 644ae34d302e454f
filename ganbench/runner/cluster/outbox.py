"""What a node sends of a run's folder: after each save, and at the end, the files that changed.

They are linked aside first, so that the training goes on meanwhile. A checkpoint is sent whole and
sound, or not yet.
"""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.system import files, sealed_folder
from ganbench.training import checkpoint, history

# Logs grow in place: of these a copy is taken, of all others a link.
SENT = re.compile(
    r"(samples|film|views|nearest)/\w[\w.+-]*\.(npy|png)|history(-copy)?\.csv|events\.jsonl"
    r"|error\.txt|nearest\.json|record\.json|checkpoint/.+",
    re.ASCII,
)
RECORD, CHECKPOINT = "record.json", f"{checkpoint.NAMES[0]}/"
PART = 16 * 2**20  # bytes of a file in one message

Message = dict[str, Any]
Stamp = tuple[int, int, int]  # inode, size, time


class Outbox:
    """The folder of a run that trains, and what of it has been sent."""

    def __init__(self, folder: Path, aside: Path):
        self.folder, self._aside = folder, aside
        self._sent: dict[str, Stamp] = {}
        self._mark_sent = self._mark()
        self._busy = False  # there are messages of a save that nobody has taken yet

    def _mark(self) -> Stamp | None:
        """What tells a checkpoint from the one before it."""
        try:
            return _stamp(self.folder / checkpoint.NAMES[0] / checkpoint.NOTE)
        except OSError:
            return None

    def skip(self) -> None:
        """Count all that is there as sent: it came from where it would go."""
        self._sent, self._mark_sent = self._stamps(), self._mark()

    def saved(self) -> Iterator[Message] | None:
        """The messages that bring a new checkpoint, and all that belongs to it; None: not now."""
        mark = self._mark()
        if self._busy or mark is None or mark == self._mark_sent:
            return None
        changed = {name: stamp for name, stamp in self._changed().items() if name != RECORD}
        place = self._collect(changed)
        if place is None:
            return None
        self._mark_sent, self._busy = mark, True
        return self._messages(place, changed)

    def last(self) -> Iterator[Message]:
        """The messages that bring all that is there when the training has ended."""
        changed = self._changed()
        place = self._collect(changed)
        if place is None:  # a checkpoint that is not whole is of no use to anybody
            changed = {n: s for n, s in changed.items() if not n.startswith(CHECKPOINT)}
            place = self._collect(changed)
        if place is None:
            raise InputError(f"{self.folder} cannot be read on its node")
        return self._messages(place, changed)

    def _stamps(self) -> dict[str, Stamp]:
        """Of all files that are there; a save may take some away meanwhile, and their folder."""
        found = {}
        for place, _, there in os.walk(self.folder):  # ends at no folder that is gone
            for path in (Path(place, name) for name in there):
                name = path.relative_to(self.folder).as_posix()
                with suppress(FileNotFoundError):
                    if SENT.fullmatch(name) and path.is_file() and not path.is_symlink():
                        found[name] = _stamp(path)
        return found

    def _changed(self) -> dict[str, Stamp]:
        """What is not as it was sent; of a checkpoint all or nothing."""
        there = self._stamps()
        changed = {name: stamp for name, stamp in there.items() if self._sent.get(name) != stamp}
        if any(name.startswith(CHECKPOINT) for name in changed):
            changed |= {n: stamp for n, stamp in there.items() if n.startswith(CHECKPOINT)}
        return changed

    def _collect(self, names: dict[str, Stamp]) -> Path | None:
        """Put files aside as they are now; None when a save has come in between."""
        aside = self._aside / uuid.uuid4().hex
        aside.mkdir(parents=True)
        try:
            for name in names:
                place = files.inside(aside, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                if name in history.LOGS:
                    files.copy(self.folder / name, place)
                else:
                    os.link(self.folder / name, place)
            if (saved := aside / CHECKPOINT).exists():
                sealed_folder.check(saved, files.read_sealed(saved / checkpoint.NOTE))
        except (OSError, InputError):
            files.remove(aside)
            return None
        self._sent |= names
        return aside

    def _messages(self, place: Path, names: dict[str, Stamp]) -> Iterator[Message]:
        seals = {name: _seal(place / name) for name in names}
        yield {"kind": "saving", "files": seals}
        for name in names:
            with files.regular(place / name) as file:
                while some := file.read(PART):
                    yield {"kind": "part", "name": name, "data": some}
        yield {"kind": "saved"}
        files.remove(place)
        self._busy = False


def _seal(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": files.sha256(path)}


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
