"""What a suite's work looks like as plain lines: one at every event and one every 30 seconds."""

import time
from collections.abc import Callable
from typing import Any, Self

from ganbench.planning.plan import Planned
from ganbench.record import Record
from ganbench.system.text import duration, printable

LINE_EVERY = 30.0  # seconds between plain lines
MOST_KEPT = 40  # lines of runs that were done before; how many that are, the plan says


class Lines:
    """Tells `say` of everything, in lines that nothing has to redraw."""

    def __init__(self, say: Callable[[str], None]):
        self._say = say
        self._spoken = 0.0
        self._kept = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def note(self, text: str) -> None:
        """Say something about the whole."""
        self._say(f" {text}")

    def warning(self, text: str) -> None:
        """Say what is not as it should be with the whole."""
        self._say(f" warning: {printable(text)}")

    def line(self, planned: Planned, text: str) -> None:
        """Say something about one run."""
        self._spoken = time.monotonic()
        name, text = f"{planned.run.label} seed {planned.run.seed}", printable(text)
        self._say(f" {time.strftime('%H:%M:%S')} {name:<26} {text}")

    def kept(self, planned: Planned) -> None:
        """A finished record was found."""
        assert planned.status
        self._kept += 1
        if self._kept <= MOST_KEPT:
            self.line(planned, f"{planned.status.name}, kept")
        elif self._kept == MOST_KEPT + 1:
            self.note("and so on: what is done is kept")

    def started(self, planned: Planned, where: str = "") -> None:
        """A worker starts."""
        self.line(planned, f"starts on {where}" if where else "starts")

    def message(self, planned: Planned, message: dict[str, Any]) -> None:
        """A worker reports."""
        if message["kind"] == "event":
            if text := event(message):
                self.line(planned, text)
        elif time.monotonic() - self._spoken > LINE_EVERY:
            self.line(planned, progress(message))

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
            self.note(judging(message))


def event(message: dict[str, Any]) -> str:
    """What has happened to a run; nothing where that goes without saying."""
    step = f"{message.get('step', 0):,}"
    words = {"snapshot": f"snapshot at step {step}", "resumed": f"resumed at step {step}"}
    words["recovered"] = f"recovered at step {step}: its pictures differ again"
    words["warning"] = f"warning: {message.get('reason', '')}"
    return words.get(message["event"], "")


def judging(message: dict[str, Any]) -> str:
    """How far the scorer is."""
    return f"judging {message['what']}: {message['done']:,} of {message['of']:,}"


def progress(message: dict[str, Any]) -> str:
    """How far a run is."""
    left = message["seconds_left"]
    losses = "  ".join(f"{name} {value:.3f}" for name, value in message["losses"].items())
    collapsed = "  collapsed" if message["status"] == "collapsed" else ""
    return (
        f"{message['progress']:4.0%}{collapsed}"
        f"  step {message['step']:,}  {message['pictures']:,} pictures"
        f"  {message['pictures_per_second']:.1f}/s  {duration(left or 0)} left  {losses}"
    )
