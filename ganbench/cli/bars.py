"""Bars for what precedes the training, or stands alone. Without a terminal rich is not imported."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Tick = Callable[[str, int, int], None]  # what is going on, how much is done, of how many


@contextmanager
def on(console: "Console") -> Iterator[Tick]:
    """Draw a bar for each thing that is going on, as long as the work lasts."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    columns = (TextColumn(" {task.description}", markup=False), BarColumn(24), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def tick(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)

        yield tick


@contextmanager
def on_stderr() -> Iterator[Tick]:
    """Bars on standard error if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    from rich.console import Console

    with on(Console(stderr=True)) as tick:
        yield tick
