"""What a person watches while a suite runs: a live table on a terminal, plain lines elsewhere."""

import os
import sys
from collections import Counter
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from ganbench.planning.plan import Planned
from ganbench.record import Record
from ganbench.runner.lines import Lines, judging
from ganbench.system.text import duration, printable

MOST_ROWS = 40  # of more runs only those at work have a row
WIDE = 110  # columns of a terminal, from which on the losses have room
ROOM = 6  # lines of a terminal that are no rows


class Voice(Console):
    """A console that falls silent when nobody can hear it any more: that must not end a training.

    A terminal that is gone, or a `tee` that the same Ctrl-C has ended.
    """

    def print(self, *words: Any, **style: Any) -> None:
        try:
            super().print(*words, **style)
        except OSError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class Screen(Lines):
    """Plain lines on a console."""

    def __init__(self, console: Console):
        super().__init__(lambda text: console.print(escape(text)))
        self.console = console


class LiveScreen(Screen):
    """One row a run, redrawn in place; of very many runs one for each that is at work."""

    def __init__(self, console: Console, runs: tuple[Planned, ...]):
        super().__init__(console)
        self._rows = {p.run.key: [p.run.label, str(p.run.seed), "waiting"] + [""] * 5 for p in runs}
        self._places: dict[str, str] = {}  # nodes, by run
        self._at_work: dict[str, None] = {}  # keys of runs, in the order in which they began
        self._over: Counter[str] = Counter()  # by how they ended
        self._has_all = len(runs) <= MOST_ROWS
        self._foot = ""
        self._live = Live(
            console=console, get_renderable=self._table, refresh_per_second=4, transient=False
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._foot = ""
        self._live.__exit__(*error)

    def note(self, text: str) -> None:
        self._foot = text

    def line(self, planned: Planned, text: str) -> None:
        if text.startswith("warning: "):
            text = f"{planned.run.label} seed {planned.run.seed}: {text}"
            self.console.print(escape(printable(text)))

    def kept(self, planned: Planned) -> None:
        assert planned.status
        self._over[planned.status.name] += 1
        self._set(planned, f"{planned.status.name} (kept)", planned.status.progress)

    def started(self, planned: Planned, where: str = "") -> None:
        if where:
            self._places[planned.run.key] = printable(where)
        self._at_work[planned.run.key] = None
        self._set(planned, "starting")

    def message(self, planned: Planned, message: dict[str, Any]) -> None:
        if message["kind"] == "event":
            super().message(planned, message)
            return
        left = message["seconds_left"]
        self._set(
            planned,
            message["status"],
            message["progress"],
            f"{message['step']:,}",
            duration(left) if left is not None else "",
            f"{message['pictures_per_second']:.1f}",
            "  ".join(f"{name} {value:.3f}" for name, value in message["losses"].items()),
        )

    def ended(self, planned: Planned, record: Record) -> None:
        self._at_work.pop(planned.run.key, None)
        self._over[record.status.name] += 1
        self._say_how(planned, record)
        row = self._rows[planned.run.key]
        speed = record.cost.pictures_per_second
        row[2], row[3] = record.status.name, _bar(record.status.progress)
        row[5], row[6] = "", f"{speed:.1f}" if speed else ""
        if record.status.reason:
            row[7] = printable(record.status.reason)

    def _say_how(self, planned: Planned, record: Record) -> None:
        """Leave a line of a run that did not end well, if its row will not stay."""
        if not self._has_all and record.status.name not in ("done", "interrupted"):
            name, reason = record.status.name, record.status.reason
            self.line(planned, f"warning: {name}" + (f": {reason}" if reason else ""))

    def scored(self, message: dict[str, Any]) -> None:
        self._foot = judging(message)

    def _set(self, planned: Planned, status: str, progress: float = 0.0, *rest: str) -> None:
        row = self._rows[planned.run.key]
        row[2], row[3] = status, _bar(progress)
        row[4 : 4 + len(rest)] = rest

    def _shown(self) -> list[str]:
        """Keys of the runs that have a row now."""
        if self._has_all:
            return list(self._rows)
        return list(self._at_work)[: max(1, min(MOST_ROWS, self.console.height - ROOM))]

    def _tally(self) -> str:
        """How many runs have come how far, where not each has a row."""
        if self._has_all:
            return ""
        waiting = len(self._rows) - len(self._at_work) - self._over.total()
        counts = {**self._over, "at work": len(self._at_work), "waiting": waiting}
        said = [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count]
        return f"{len(self._rows):,} runs: {', '.join(said)}"

    def _table(self) -> Table:
        foot = "\n".join(filter(None, (self._tally(), self._foot)))
        table = Table(box=None, pad_edge=False, caption=escape(foot), caption_justify="left")
        names = ["run", "seed", "status", "budget", "step", "left", "pictures/s", "losses"]
        names = names[:-1] if self.console.width < WIDE else names  # or they make a tower
        for name in names:
            table.add_column(name, no_wrap=name != "losses", justify=_side(name))
        if self._places:
            table.add_column("node", no_wrap=True)
        for key in self._shown():
            row = self._rows[key][: len(names)]
            where = [self._places.get(key, "")] if self._places else []
            table.add_row(*map(escape, [*row, *where]))
        return table


def make(console: Console, runs: tuple[Planned, ...]) -> Screen:
    """A live table on a terminal, plain lines elsewhere."""
    return LiveScreen(console, runs) if console.is_terminal else Screen(console)


def _side(name: str) -> Any:
    return "right" if name in ("step", "left", "pictures/s") else "left"


def _bar(progress: float, width: int = 12) -> str:
    full = int(progress * width)
    return f"{'█' * full}{'░' * (width - full)} {progress:4.0%}"
