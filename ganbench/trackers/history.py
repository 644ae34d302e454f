"""history.csv of a run, row by row."""

import csv
import io
import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.system import files, safe_read
from ganbench.trackers import names
from ganbench.trackers.numbers import Numbers, moment

FILE = "history.csv"
PLACE = ("step", "seconds", "pictures")  # columns that say where a run stood
MACHINE = {"pictures_per_second": "speed/pictures_per_second", "memory_bytes": "memory/bytes"}
MOST_COLUMNS = 400


def rows(folder: Path, run: Record) -> Iterator[Numbers]:
    """Losses, speed and memory at each row of the log; InputError from where on it is damaged."""
    lines = csv.reader(io.StringIO(_text(folder, run), newline=""))
    try:
        head = next(lines, [])
        if not set(PLACE) <= set(head) or len(head) > MOST_COLUMNS:
            raise InputError(f"{folder / FILE} is no table of losses")
        yield from _increasing(folder, head, lines)
    except csv.Error as error:
        raise InputError(f"{folder / FILE} is no table of losses ({error})") from None


def _increasing(folder: Path, head: list[str], lines: Iterator[list[str]]) -> Iterator[Numbers]:
    named, last = _named(head), -1
    for line in lines:
        found = _row(head, named, line)
        if found is None or found.step <= last:
            raise InputError(f"{folder / FILE} is damaged after step {max(last, 0):,}")
        last = found.step
        yield found


def _text(folder: Path, run: Record) -> str:
    data = safe_read.read_bytes(files.inside(folder, FILE))
    if FILE in run.sha256:
        record.file(folder, run, FILE)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InputError(f"{folder / FILE} is no text") from None


def _named(head: list[str]) -> dict[str, str]:
    """Column -> name of its numbers."""
    losses = list(dict.fromkeys(name for name in head if name not in PLACE and name not in MACHINE))
    called = (f"loss/{name}" for name in names.parts(losses))
    return MACHINE | dict(zip(losses, called, strict=True))


def _row(head: list[str], named: dict[str, str], line: list[str]) -> Numbers | None:
    cells = dict(zip(head, line, strict=False))
    place = moment(*(_number(cells.get(column, "")) for column in PLACE))
    if place is None:
        return None
    read = {name: _number(cells.get(column, "")) for column, name in named.items()}
    return Numbers(*place, {name: value for name, value in read.items() if value is not None})


def _number(cell: str) -> float | None:
    """A cell as a number, which may be a NaN that a loss has become; None where there is none."""
    with suppress(ValueError):
        return math.nan if cell.lower() == "nan" else float(cell)
    return None
