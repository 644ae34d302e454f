"""Weights & Biases' offline runs: files for `wandb sync`, written without account or network."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ganbench.errors import InputError, first_line
from ganbench.system import files
from ganbench.system.text import shown
from ganbench.trackers import isolation
from ganbench.trackers.events import TrackedRun
from ganbench.trackers.numbers import Numbers
from ganbench.trackers.pictures import Picture

OFFLINE = "offline-run-*"  # how wandb calls the folder of a run
LOGS = ("logs", "tmp")  # in it: wandb's own diary, with paths of this machine
LONGEST = 128  # letters of a name
SILENT = {
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "WANDB_CONSOLE": "off",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_DISABLE_CODE": "true",
    "WANDB_DISABLE_GIT": "true",
}
FOLDERS = ("CONFIG", "CACHE", "DATA", "ARTIFACT")  # which it would have in the home folder


def write(draft: Path, place: Path, suite: str, runs: Iterable[TrackedRun]) -> str:
    """Write a folder a run into `draft`; returns the command that sends what lies in `place`."""
    with TemporaryDirectory() as away:
        homes = {f"WANDB_{name}_DIR": str(Path(away) / name) for name in FOLDERS}
        with isolation.only("WANDB_", WANDB_DIR=away, **homes, **SILENT):
            _write_all(Path(away), suite, runs)
        with files.writing(place):
            for folder in sorted(Path(away, "wandb").glob(OFFLINE)):
                for name in LOGS:
                    shutil.rmtree(folder / name, ignore_errors=True)
                shutil.move(folder, draft)
    return f"wandb sync {shlex.quote(str(place))}/{OFFLINE}"


def _write_all(away: Path, suite: str, runs: Iterable[TrackedRun]) -> None:
    ours = "wandb" not in sys.modules  # else it may be at work for whoever imported it
    import wandb

    try:
        for run in runs:
            _log(wandb, away, suite, run)
    except wandb.errors.Error as error:
        raise InputError(f"wandb would not take it ({first_line(error)})") from None
    finally:
        if ours:
            wandb.teardown()


def _settings(wandb: Any) -> Any:
    """Nothing of this machine: no measurements, packages, code, command or name of the host."""
    return wandb.Settings(
        mode="offline",
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        save_code=False,
        host="ganbench",
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
    )


def _log(wandb: Any, away: Path, suite: str, run: TrackedRun) -> None:
    begun = wandb.init(
        project=_project(suite),
        id=run.record.key,
        name=run.title[:LONGEST],
        group=run.label[:LONGEST],
        config=run.settings(),
        tags=[run.record.status.name],
        dir=str(away),
        settings=_settings(wandb),
        reinit="create_new",
    )
    for name in ("loss/*", "score/*"):
        begun.define_metric(name, step_metric="pictures")
    last = 0
    for found in _by_step(run):
        last = max(last, found.step)  # it takes none that goes back
        begun.log(_row(wandb, run, found), step=last)
    begun.finish()


def _by_step(run: TrackedRun) -> Iterator[Numbers | Picture]:
    numbers = chain(run.numbers(), [run.final()])
    return merge(numbers, run.pictures(), key=lambda one: one.step)


def _row(wandb: Any, run: TrackedRun, found: Numbers | Picture) -> dict[str, Any]:
    row = {"seconds": found.seconds, "pictures": found.pictures}
    told: dict[str, Any] = row | {"_timestamp": run.began + found.seconds}
    if isinstance(found, Numbers):
        return told | found.values
    return told | {found.name: wandb.Image(found.pixels, file_type="png")}


def _project(suite: str) -> str:
    """Its name without what wandb refuses in one."""
    return re.sub(r"[/\\#?%:]", "_", shown(suite))[:LONGEST]
