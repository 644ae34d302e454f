"""What a person watches while a suite runs: a live table on a terminal, plain lines elsewhere."""

import os
import sys
import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from ganbench.planning.plan import Planned
from ganbench.record import Record
from ganbench.system.text import duration, printable

LINE_EVERY = 30.0  # seconds between plain lines


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


class Screen:
    """Plain lines: one at every event and one every 30 seconds."""

    def __init__(self, console: Console):
        self.console = console
        self._spoken = 0.0

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def note(self, text: str) -> None:
        """Say something about the whole."""
        self.console.print(f" {escape(text)}")

    def line(self, planned: Planned, text: str) -> None:
        """Say something about one run."""
        self._spoken = time.monotonic()
        name, text = f"{planned.run.label} seed {planned.run.seed}", printable(text)
        self.console.print(f" {time.strftime('%H:%M:%S')} {escape(name):<26} {escape(text)}")

    def kept(self, planned: Planned) -> None:
        """A finished record was found."""
        assert planned.status
        self.line(planned, f"{planned.status.name}, kept")

    def started(self, planned: Planned) -> None:
        """A worker starts."""
        self.line(planned, "starts")

    def message(self, planned: Planned, message: dict[str, Any]) -> None:
        """A worker reports."""
        if message["kind"] == "event":
            if text := _event(message):
                self.line(planned, text)
        elif time.monotonic() - self._spoken > LINE_EVERY:
            self.line(planned, _progress(message))

    def ended(self, planned: Planned, record: Record) -> None:
        """A run has its record."""
        speed = record.cost.pictures_per_second
        text = f"{record.status.name} at step {record.status.step:,}"
        text += f", {speed:.1f} pictures/s" if speed else ""
        self.line(planned, text + (f": {record.status.reason}" if record.status.reason else ""))

    def scored(self, message: dict[str, Any]) -> None:
        """The judge reports."""
        if time.monotonic() - self._spoken > LINE_EVERY:
            self._spoken = time.monotonic()
            self.note(_judging(message))


class LiveScreen(Screen):
    """One row a run, redrawn in place."""

    def __init__(self, console: Console, runs: tuple[Planned, ...]):
        super().__init__(console)
        self._rows = {p.run.key: [p.run.label, str(p.run.seed), "waiting"] + [""] * 5 for p in runs}
        self._foot = ""
        self._live = Live(
            console=console, get_renderable=self._table, refresh_per_second=4, transient=False
        )

    def __enter__(self) -> "Screen":
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
        self._set(planned, f"{planned.status.name} (kept)", planned.status.progress)

    def started(self, planned: Planned) -> None:
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
        row = self._rows[planned.run.key]
        speed = record.cost.pictures_per_second
        row[2], row[3] = record.status.name, _bar(record.status.progress)
        row[5], row[6] = "", f"{speed:.1f}" if speed else ""
        if record.status.reason:
            row[7] = printable(record.status.reason)

    def scored(self, message: dict[str, Any]) -> None:
        self._foot = _judging(message)

    def _set(self, planned: Planned, status: str, progress: float = 0.0, *rest: str) -> None:
        row = self._rows[planned.run.key]
        row[2], row[3] = status, _bar(progress)
        row[4 : 4 + len(rest)] = rest

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, caption=escape(self._foot), caption_justify="left")
        for name in ("run", "seed", "status", "budget", "step", "left", "pictures/s", "losses"):
            table.add_column(name, no_wrap=name != "losses", justify=_side(name))
        for row in self._rows.values():
            table.add_row(*map(escape, row))
        return table


def make(console: Console, runs: tuple[Planned, ...]) -> Screen:
    """A live table on a terminal, plain lines elsewhere."""
    return LiveScreen(console, runs) if console.is_terminal else Screen(console)


def _side(name: str) -> Any:
    return "right" if name in ("step", "left", "pictures/s") else "left"


def _bar(progress: float, width: int = 12) -> str:
    full = int(progress * width)
    return f"{'█' * full}{'░' * (width - full)} {progress:4.0%}"


def _event(message: dict[str, Any]) -> str:
    step = f"{message.get('step', 0):,}"
    words = {"snapshot": f"snapshot at step {step}", "resumed": f"resumed at step {step}"}
    words["recovered"] = f"recovered at step {step}: its pictures differ again"
    words["warning"] = f"warning: {message.get('reason', '')}"
    return words.get(message["event"], "")


def _judging(message: dict[str, Any]) -> str:
    return f"judging {message['what']}: {message['done']:,} of {message['of']:,}"


def _progress(message: dict[str, Any]) -> str:
    left = message["seconds_left"]
    losses = "  ".join(f"{name} {value:.3f}" for name, value in message["losses"].items())
    collapsed = "  collapsed" if message["status"] == "collapsed" else ""
    return (
        f"{message['progress']:4.0%}{collapsed}"
        f"  step {message['step']:,}  {message['pictures']:,} pictures"
        f"  {message['pictures_per_second']:.1f}/s  {duration(left or 0)} left  {losses}"
    )
