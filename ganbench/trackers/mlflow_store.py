"""An MLflow store: a SQLite file for numbers and settings, a folder a run for pictures.

Not its older store of plain files, which MLflow itself no longer opens unless it is told to.
"""

import logging
import shlex
import shutil
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ganbench.errors import InputError, first_line
from ganbench.system import files
from ganbench.system.text import shown
from ganbench.trackers import isolation
from ganbench.trackers.events import TrackedRun
from ganbench.trackers.numbers import Numbers, by_pictures

if TYPE_CHECKING:
    from mlflow import MlflowClient

MOST_METRICS, MOST_PARAMETERS = 1000, 100  # in a call
ENDED = {"done": "FINISHED", "collapsed": "FINISHED", "interrupted": "KILLED"}  # others failed
SILENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def write(draft: Path, place: Path, suite: str, runs: Iterable[TrackedRun]) -> str:
    """Write the store into `draft`; returns the command that shows what will lie in `place`."""
    with isolation.only("MLFLOW_", **SILENT), TemporaryDirectory() as plain:  # a name for a URI
        try:
            _fill(Path(plain) / "mlflow.db", draft, place, suite, runs)
        except _errors() as error:
            raise InputError(f"MLflow would not take it ({first_line(error)})") from None
        with files.writing(place):
            shutil.move(Path(plain) / "mlflow.db", draft)
    return f"mlflow ui --backend-store-uri {shlex.quote(f'sqlite:///{place}/mlflow.db')}"


def _errors() -> tuple[type[Exception], ...]:
    from mlflow.exceptions import MlflowException

    return (MlflowException,)


def _fill(database: Path, draft: Path, place: Path, suite: str, runs: Iterable[TrackedRun]) -> None:
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):  # which tell of every table they make
        logging.getLogger(name).setLevel(logging.ERROR)
    client = MlflowClient(tracking_uri=f"sqlite:///{database}")
    # Their address is that of the place they will have, so we put the pictures into the draft.
    pictures = (place / "artifacts").as_uri()
    experiment = client.create_experiment(shown(suite), artifact_location=pictures)
    for run in runs:
        known = _log(client, experiment, run)
        for made in run.pictures():
            name = f"{made.name}/step-{made.step:08d}.png"
            files.write_bytes(
                draft / "artifacts" / known / "artifacts" / name, files.png(made.pixels)
            )


def _log(client: "MlflowClient", experiment: str, run: TrackedRun) -> str:
    """Settings and numbers of a run; returns what MLflow calls it."""
    from mlflow.entities import Param

    status, wall = run.record.status.name, run.record.used.wall_seconds
    tags = {"status": status, "label": run.label, "framework": shown(run.record.framework)}
    begun = client.create_run(experiment, _milliseconds(run, 0), tags, run.title)
    known = str(begun.info.run_id)
    parameters = (Param(name, str(value)) for name, value in run.settings().items())
    for some in _parts(parameters, MOST_PARAMETERS):
        client.log_batch(known, params=some)
    metrics = (one for found in chain(run.numbers(), [run.final()]) for one in _metrics(run, found))
    for some in _parts(metrics, MOST_METRICS):
        client.log_batch(known, metrics=some)
    client.set_terminated(known, ENDED.get(status, "FAILED"), _milliseconds(run, wall))
    return known


def _metrics(run: TrackedRun, found: Numbers) -> Iterator[Any]:
    """The numbers of a moment; curves once more with pictures shown as their step."""
    from mlflow.entities import Metric

    now = _milliseconds(run, found.seconds)
    for name, value in found.values.items():
        yield Metric(name, value, now, found.step)
        if again := by_pictures(name):
            yield Metric(again, value, now, found.pictures)


def _milliseconds(run: TrackedRun, seconds: float) -> int:
    return int((run.began + seconds) * 1000)


def _parts(items: Iterator[Any], most: int) -> Iterator[list[Any]]:
    while some := list(islice(items, most)):
        yield some
