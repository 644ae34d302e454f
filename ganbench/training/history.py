"""The two logs of a run: history.csv, a row for every look at the losses, and events.jsonl."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.record import Moment
from ganbench.system import files, safe_read

NAME, COPY = "history.csv", "history-copy.csv"
LOGS = (NAME, COPY, "events.jsonl")  # of a run: what only grows
OLD_COPY = "ganbench-history.csv"  # in a checkpoint of version 0.1
COLUMNS = ("step", "seconds", "pictures", "pictures_per_second", "memory_bytes")
CHUNK = 1 << 20


@dataclass(frozen=True)
class _Written:
    """What is on the disk: so many bytes, with their digest, which goes on with them."""

    bytes: int
    digest: Any  # of hashlib


class History:
    """Rows wait in memory and reach the disk just before a checkpoint: no gap, no double row.

    The log only grows, and so does a copy of it beside: a save costs the same however long they
    are. A checkpoint knows length and digest of that moment, so that whoever goes on from it cuts
    off what came later, and takes the copy where the log is damaged.

    Its columns are the losses of the first row: one that a later row lacks is empty there, and one
    that only comes later is left out, which the diary says.
    """

    def __init__(self, path: Path):
        self.path, self.copy = path, path.with_name(COPY)
        self._rows: list[str] = []
        self._losses: list[str] = []  # the columns; none before the first row
        self._late: list[str] = []
        self._last = (0.0, 0)
        self._written = _Written(0, hashlib.sha256())

    def start(self) -> None:
        """Begin anew."""
        for path in (self.path, self.copy):
            files.remove(path)
        self._written = _Written(0, hashlib.sha256())

    def add(self, now: Moment, losses: dict[str, float], memory_bytes: int) -> None:
        """Note where the run stands."""
        self._losses = self._losses or list(losses)
        self._leave_out([name for name in losses if name not in self._losses + self._late])
        seconds, pictures = now.seconds - self._last[0], now.pictures - self._last[1]
        self._last = (now.seconds, now.pictures)
        speed = f"{pictures / seconds:.4g}" if seconds > 0 else ""
        values = [str(now.step), f"{now.seconds:.4f}", str(now.pictures), speed, str(memory_bytes)]
        found = [repr(losses[name]) if name in losses else "" for name in self._losses]
        self._rows.append(_line(values + found))

    def _leave_out(self, late: list[str]) -> None:
        """Say once which losses have no column."""
        if late:
            event(self.path.parent, "losses_left_out", losses=late)
        self._late += late

    def flush(self) -> None:
        """Bring what waits to the disk."""
        if not self._rows:
            return
        head = [] if self._written.bytes else [_line([*COLUMNS, *self._losses])]
        data = "".join(head + self._rows).encode()
        for path in (self.path, self.copy):
            with files.growing(path, self._written.bytes) as append:
                append(data)
            with files.writing(path):
                files.sync(path)
        self._written.digest.update(data)
        self._written = _Written(self._written.bytes + len(data), self._written.digest)
        self._rows = []

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds of it, when all rows are on the disk."""
        written = self._written
        return {"bytes": written.bytes, "sha256": written.digest.hexdigest(), "last": self._last}

    def restore(self, state: dict[str, Any] | None, checkpoint: Path, steps: int) -> bool:
        """Go on where a checkpoint was saved, after `steps`; False when the rows are lost.

        `state` is None for a checkpoint of version 0.1, in which a copy of the log lies.
        """
        if state is None:
            return self._restore_old(checkpoint, steps)
        count, sha256 = int(state["bytes"]), state["sha256"]
        sound = [path for path in (self.path, self.copy) if _begins_with(path, count, sha256)]
        if not sound or not count:
            self.start()
            return not count
        for path in (self.path, self.copy):
            if path not in sound:
                files.copy(sound[0], path)
            with files.growing(path, count):  # cuts off what came later
                pass
        self._written, self._losses = _read(self.path, count), _losses_of(self.path)
        self._last = (state["last"][0], state["last"][1])
        return True

    def _restore_old(self, checkpoint: Path, steps: int) -> bool:
        """Take the rows up to its step of a checkpoint's own copy, or else of the log."""
        source = checkpoint / OLD_COPY
        source = source if source.exists() else self.path
        head, *rows = source.read_text(encoding="utf-8").splitlines() if source.exists() else [""]
        numbers = ((row.partition(",")[0], row) for row in rows)
        kept = [row for number, row in numbers if number.isdigit() and int(number) <= steps]
        self.start()
        if not kept:
            return True
        for path in (self.path, self.copy):
            files.write_text(path, "\n".join([head, *kept]) + "\n")
        self._written = _read(self.path, self.path.stat().st_size)
        self._losses = _losses_of(self.path)
        _, seconds, pictures, *_ = kept[-1].split(",")
        self._last = (float(seconds), int(pictures))
        return True


def _line(cells: Iterable[str]) -> str:
    """A row of a table; names may hold commas."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _losses_of(path: Path) -> list[str]:
    """The columns of a log that are losses."""
    with safe_read.regular(path) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        return next(csv.reader(text))[len(COLUMNS) :]


def _begins_with(path: Path, count: int, sha256: str) -> bool:
    """Are the first `count` bytes of a log those of this digest?"""
    try:
        found = _read(path, count)
    except (OSError, InputError):
        return False
    return found.bytes == count and found.digest.hexdigest() == sha256


def _read(path: Path, count: int) -> _Written:
    digest, left = hashlib.sha256(), count
    with safe_read.regular(path) as file:
        while left and (some := file.read(min(CHUNK, left))):
            digest.update(some)
            left -= len(some)
    return _Written(count - left, digest)


def event(folder: Path, kind: str, **content: Any) -> None:
    """Add a line to a run's diary."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({"time": time, "event": kind, **content}, ensure_ascii=False)
    files.append_text(folder / "events.jsonl", line + "\n")
