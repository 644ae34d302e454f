"""Plain tables and PNGs: scalars.csv, a line a number; runs.csv, a line a run; pictures/."""

import csv
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.system import files
from ganbench.trackers.events import TrackedRun
from ganbench.trackers.numbers import Numbers

if TYPE_CHECKING:
    from _csv import Writer

RUN = ("run", "label", "framework", "seed")
COLUMNS = (*RUN, "step", "seconds", "pictures", "name", "value")
FORMULA = ("=", "+", "-", "@")  # how a text begins that a spreadsheet would carry out


def write(draft: Path, place: Path, suite: str, runs: Iterable[TrackedRun]) -> str:
    """Write the tables into `draft`; returns how to look at what will lie in `place`."""
    about: list[dict[str, Any]] = []
    with _table(draft / "scalars.csv") as table:
        table.writerow(COLUMNS)
        for run in runs:
            final = run.final()
            for found in chain(run.numbers(), [final]):
                table.writerows(_lines(run, found))
            about.append(_who(run) | run.settings() | final.values)
            for made in run.pictures():
                name = f"{made.name}-step-{made.step:08d}.png"
                files.write_picture(draft / "pictures" / run.name / name, made.pixels)
    columns = list(dict.fromkeys(name for line in about for name in line))
    with _table(draft / "runs.csv") as table:
        table.writerow([_cell(name) for name in columns])
        table.writerows([_cell(line.get(name, "")) for name in columns] for line in about)
    script = f"import pandas; print(pandas.read_csv({str(place / 'scalars.csv')!r}))"
    return f"python -c {shlex.quote(script)}"


@contextmanager
def _table(path: Path) -> Iterator["Writer"]:
    with files.writing(path), open(path, "w", newline="", encoding="utf-8") as file:
        yield csv.writer(file, lineterminator="\n")


def _who(run: TrackedRun) -> dict[str, Any]:
    told = (run.name, run.label, run.record.framework, run.record.seed)
    return dict(zip(RUN, told, strict=True))


def _lines(run: TrackedRun, found: Numbers) -> Iterator[list[Any]]:
    who = [_cell(value) for value in _who(run).values()]
    for name, value in found.values.items():
        yield [*who, found.step, found.seconds, found.pictures, name, value]


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
