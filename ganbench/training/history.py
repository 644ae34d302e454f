"""The two logs of a run: history.csv, a row for every look at the losses, and events.jsonl."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ganbench.record import Moment
from ganbench.system import files

KEPT = "ganbench-history.csv"  # its name among a model's own files in a checkpoint
COLUMNS = ("step", "seconds", "pictures", "pictures_per_second", "memory_bytes")


class History:
    """Rows wait in memory and reach the disk together with a checkpoint: no gap, no double row."""

    def __init__(self, path: Path):
        self.path = path
        self._rows: list[str] = []
        self._header = ""
        self._last = (0.0, 0)

    def start(self) -> None:
        """Begin anew."""
        files.remove(self.path)

    def save(self, checkpoint: Path) -> None:
        """Keep all rows until now in a checkpoint, which knows its files' digests."""
        if self.path.exists():
            files.copy(self.path, checkpoint / KEPT)

    def restore(self, checkpoint: Path, steps: int) -> None:
        """Take back the rows of a checkpoint after `steps`, whatever became of the log since."""
        if (checkpoint / KEPT).exists():
            files.copy(checkpoint / KEPT, self.path)
        self.cut(steps)

    def add(self, now: Moment, losses: dict[str, float], memory_bytes: int) -> None:
        """Note where the run stands."""
        self._header = ",".join((*COLUMNS, *losses))
        seconds, pictures = now.seconds - self._last[0], now.pictures - self._last[1]
        self._last = (now.seconds, now.pictures)
        speed = f"{pictures / seconds:.4g}" if seconds > 0 else ""
        values = [str(now.step), f"{now.seconds:.4f}", str(now.pictures), speed, str(memory_bytes)]
        self._rows.append(",".join(values + [repr(v) for v in losses.values()]))

    def flush(self) -> None:
        """Bring what waits to the disk."""
        if not self._rows:
            return
        begun = self.path.exists() and self.path.stat().st_size
        head = [] if begun else [self._header]
        files.append_text(self.path, "\n".join(head + self._rows) + "\n")
        self._rows = []

    def cut(self, steps: int) -> None:
        """Drop rows after `steps`: a run resumes from its checkpoint, not from its log."""
        if not self.path.exists():
            return
        head, *rows = self.path.read_text(encoding="utf-8").splitlines()
        kept = [
            r for r in rows if r.partition(",")[0].isdigit() and int(r.partition(",")[0]) <= steps
        ]
        files.write_text(self.path, "\n".join([head, *kept]) + "\n")
        if kept:
            last = kept[-1].split(",")
            self._last = (float(last[1]), int(last[2]))


def event(folder: Path, kind: str, **content: Any) -> None:
    """Add a line to a run's diary."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({"time": time, "event": kind, **content}, ensure_ascii=False)
    files.append_text(folder / "events.jsonl", line + "\n")
