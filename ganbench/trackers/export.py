"""`ganbench export RESULTS --to TRACKER`: runs that have ended, for whoever looks at them there."""

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ganbench import record
from ganbench.errors import InputError
from ganbench.system import files
from ganbench.system.text import printable, shown
from ganbench.trackers import events
from ganbench.trackers.events import Tally, TrackedRun

Write = Callable[[Path, Path, str, list[TrackedRun]], str]  # draft, place, suite, runs -> command


@dataclass(frozen=True)
class Tracker:
    """Where it is written, and the packages without which it is not."""

    module: str
    packages: tuple[str, ...] = ()
    extra: str = ""  # of ganbench, that installs them


TRACKERS = {
    "tensorboard": Tracker("tensorboard_log", ("tensorboard",), "tensorboard"),
    "csv": Tracker("csv_files"),
    "wandb-offline": Tracker("wandb_offline", ("wandb",), "wandb"),
    "mlflow": Tracker("mlflow_store", ("mlflow", "sqlalchemy", "alembic"), "mlflow"),
}


@dataclass(frozen=True)
class Exported:
    """What was written, where, and the command that shows it."""

    place: Path
    look: str
    runs: tuple[str, ...]
    tally: Tally


def export(what: Path, to: str, out: Path | None = None, suite: str | None = None) -> Exported:
    """Write all runs of a suite in `what`, or the one run that it is, for a tracker.

    InputError when there are none, when the tracker's package is missing, and when there is
    something at `out` already.
    """
    write = _writer(to)
    what = what.expanduser().absolute()
    place = _free_place(out or what.with_name("-".join(filter(None, (what.name, suite, to)))))
    tally = Tally()
    named, told = _found(what, suite, tally)
    with files.building(place, os.replace) as draft, files.writing(place):
        draft.mkdir()
        look = write(draft, place, named, told)
    return Exported(place, look, tuple(run.name for run in told), tally)


def _writer(to: str) -> Write:
    tracker = TRACKERS[to]
    missing = [name for name in tracker.packages if find_spec(name) is None]
    if missing:
        raise InputError(
            f"--to {to} needs {' and '.join(missing)}, not installed here",
            f'pip install "ganbench[{tracker.extra}]"',
        )
    write: Write = import_module(f"ganbench.trackers.{tracker.module}").write
    return write


def _free_place(out: Path) -> Path:
    place = out.expanduser().absolute()
    if os.path.lexists(place):
        raise InputError(f"{out} is there already", "name another place: --out FOLDER")
    files.check_writable(place.parent, "--out FOLDER")
    return place


def _found(what: Path, suite: str | None, tally: Tally) -> tuple[str, list[TrackedRun]]:
    """The name of the suite and its runs; what cannot be read is told to `tally`."""
    if not what.is_dir():
        raise InputError(f"there is no folder {what}", "ganbench run")
    if (what / "record.json").exists():
        if suite is not None:
            raise InputError(
                f"{what} is one run, which --suite does not go with",
                f"ganbench export {shlex.quote(printable(str(what)))} --to ...",
            )
        run = record.read(what)
        return shown(run.suite), events.tracked([(what, run)], tally)
    if suite is None and (what / "suite.json").exists():
        what, suite = what.parent, what.name
    read = record.read_results(what, suite)
    tally.problems += read.unreadable
    if not read.runs:
        why = f": {read.unreadable[0]}" if read.unreadable else ""
        raise InputError(f"no run in {what} has a record{why}", "ganbench run")
    return shown(str(read.suite.get("name", suite or what.name))), events.tracked(read.runs, tally)
