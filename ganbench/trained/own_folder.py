"""A folder of ours that the same command may go on filling, and that no other may touch."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.system import files
from ganbench.trained.trained_run import TrainedRun

NOTE = "ganbench.json"  # says by what the pictures beside it were made


def begin(place: Path, run: TrainedRun, told: dict[str, Any]) -> None:
    """Make the folder, or see that the same run and wishes began it; InputError."""
    begin_told(place, {**about(run), **told})


def about(run: TrainedRun) -> dict[str, Any]:
    """Which run, and with which weights."""
    return {"run": run.name, "weights": files.sha256(run.checkpoint / "checkpoint.json")}


def begin_told(place: Path, told: dict[str, Any]) -> None:
    """Make the folder, or see that it was begun by the same; InputError."""
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        before = None
        with suppress(InputError):
            before = files.read_json(place / NOTE)
        if before != told:
            raise InputError(f"{place} is there already, with other content", "--out FOLDER")
    else:
        files.write_json(place / NOTE, told)
