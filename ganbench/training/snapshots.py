"""The pictures that a run keeps: its film, its samples, and what the report shows of its end."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import record
from ganbench.data import batches, encode
from ganbench.errors import InputError
from ganbench.jobs import Run
from ganbench.system import files
from ganbench.training.failure_watch import Watch
from ganbench.training.parent import Parent
from ganzoo.errors import InputError as ModelError
from ganzoo.trainer import Trainer

PROBE = 16  # pictures of the film
PART = 16  # pictures drawn between two looks at whether we are to stop


class Kept:
    """What has been kept so far, with the digest of every file that the record names."""

    def __init__(self) -> None:
        self.film: list[record.Moment] = []
        self.snapshots: list[record.Moment] = []
        self.views: dict[str, str] = {}
        self.sha256: dict[str, str] = {}

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        return {
            "snapshots": [dataclasses.asdict(moment) for moment in self.snapshots],
            "film": [dataclasses.asdict(moment) for moment in self.film],
            "sha256": self.sha256,
        }

    def restore(self, state: dict[str, Any], folder: Path) -> list[str]:
        """Take a state back; the files in the run's `folder` that are no longer what they were."""
        self.snapshots = [record.Moment(**moment) for moment in state["snapshots"]]
        self.film = [record.Moment(**moment) for moment in state["film"]]
        self.sha256 = state.get("sha256", {})
        return [name for name, digest in self.sha256.items() if not _is(folder, name, digest)]

    def reschedule(self, run: Run, used: Callable[[record.Moment], float]) -> None:
        """Leave what `run`'s schedule would have kept until now.

        `used`: the fraction of its budget, which is another, at a moment.
        """
        self.film = _due_of(self.film, used, run.frames - 1)
        self.snapshots = _due_of(self.snapshots, used, run.snapshots, first=1)
        named = {moment.file for moment in (*self.film, *self.snapshots)}
        self.sha256 = {name: told for name, told in self.sha256.items() if name in named}


def _due_of(
    moments: list[record.Moment],
    used: Callable[[record.Moment], float],
    parts: int,
    first: int = 0,
) -> list[record.Moment]:
    """The moments that were due, each at its new fraction: the same rule as while training."""
    due: list[record.Moment] = []
    for moment in moments:
        now = dataclasses.replace(moment, progress=used(moment))
        if now.progress >= _next(due, parts, first):
            due.append(now)
    return due


def _is(folder: Path, name: str, digest: str) -> bool:
    try:
        return files.sha256(files.inside(folder, name)) == digest
    except (OSError, InputError):
        return False


class Snapshots:
    """Lets the model draw from the same probes again and again, keeps it and looks at it."""

    def __init__(
        self,
        run: Run,
        folder: Path,
        kept: Kept,
        trainer: Trainer,
        probes: np.ndarray | batches.Probes,
        watch: Watch,
        parent: Parent,
    ):
        self.run, self.folder, self.kept = run, folder, kept
        self.trainer, self.probes = trainer, probes
        self.watch, self.parent = watch, parent

    def is_due(self, progress: float) -> bool:
        """Is there anything to be kept at this fraction of the budget?"""
        return self._frame_is_due(progress) or self._samples_are_due(progress)

    def _frame_is_due(self, progress: float) -> bool:
        return progress >= _next(self.kept.film, self.run.frames - 1)

    def _samples_are_due(self, progress: float) -> bool:
        return progress >= _next(self.kept.snapshots, self.run.snapshots, first=1)

    def keep_due(self, now: record.Moment) -> None:
        """Keep and look at the pictures that are due by now; Stopped."""
        if self._frame_is_due(now.progress) and _is_new(self.kept.film, now):
            self.kept.film.append(self.keep("film", PROBE, now))
            self._look(self.kept.film[-1])
        if self._samples_are_due(now.progress) and _is_new(self.kept.snapshots, now):
            count = len(self.probes) if now.progress >= 1 else self.run.curve_samples
            self.kept.snapshots.append(self.keep("samples", count, now))
            self.parent.event("snapshot", step=now.step)
            self._look(self.kept.snapshots[-1])

    def begin(self, now: record.Moment) -> None:
        """Keep the film's first frame, before anything is learned; Stopped."""
        if not self.kept.film:
            self.kept.film.append(self.keep("film", PROBE, now))

    def keep(self, kind: str, count: int, now: record.Moment) -> record.Moment:
        """Let the model draw from the first `count` probes and store the pictures losslessly."""
        name, count = f"{kind}/step-{now.step:08d}", min(count, len(self.probes))
        path, size = self.folder / f"{name}.npy", self.run.size
        parts = (self.draw(self.probes[i : min(i + PART, count)]) for i in range(0, count, PART))
        files.write_pictures(path, (count, size, size, 3), parts)
        self.kept.sha256[f"{name}.npy"] = files.sha256(path)
        if kind == "samples":
            sheet = encode.grid(files.read_array(path)[:32])
            files.write_picture(self.folder / f"{name}.png", sheet)
        return dataclasses.replace(now, file=f"{name}.npy")

    def _look(self, kept: record.Moment) -> None:
        """Watch the pictures just kept; a collapse and its end are told."""
        pictures = files.read_array(self.folder / kept.file)[:PROBE]
        if not self.watch.pictures(kept.step, kept.progress, pictures):
            return
        if found := self.watch.collapse:
            self.parent.event("warning", about="collapse", step=kept.step, reason=found.reason)
        else:
            self.parent.event("recovered", about="collapse", step=kept.step)

    def draw(self, probes: np.ndarray) -> np.ndarray:
        """Generate, and hold what comes back against the contract; Stopped when we are to stop."""
        self.parent.breathe()
        return self._checked(self.trainer.generate(probes), probes)

    def _checked(self, made: Any, probes: np.ndarray) -> np.ndarray:
        wanted = (len(probes), self.run.size, self.run.size, 3)
        if getattr(made, "dtype", None) != np.uint8 or made.shape != wanted:
            raise ModelError(
                f"{self.run.model} breaks the contract: generate must return uint8 {wanted},"
                f" not {getattr(made, 'dtype', type(made).__name__)} {getattr(made, 'shape', '')}"
            )
        return made

    def show(self, real: np.ndarray) -> None:
        """Store what the report shows of a finished run besides its samples; Stopped.

        real: as many target pictures as the film has.
        """
        probes = self.probes[:PROBE]
        views = {"output": self.draw(probes)}
        if self.run.source == "pictures":
            views["input"] = probes
            if hasattr(self.trainer, "views"):
                views |= {"target": real, **self.trainer.views(probes, real)}
        else:
            views["walk"] = self.draw(batches.walk(probes))
        if len(raw := self._raw()):
            views["raw"] = raw
        for name, made in views.items():
            file = f"views/{name}.npy"
            files.write_array(self.folder / file, made)
            self.kept.views[name], self.kept.sha256[file] = file, files.sha256(self.folder / file)

    def _raw(self) -> np.ndarray:
        """As many pictures as are judged, drawn without the moving average; none if there is none.

        Stopped when we are to stop.
        """
        draw = getattr(self.trainer, "raw", lambda probes: None)
        drawn: list[np.ndarray] = []
        for i in range(0, len(self.probes), PART):
            self.parent.breathe()
            probes = self.probes[i : i + PART]
            if (made := draw(probes)) is None:
                break
            drawn.append(self._checked(made, probes))
        return np.concatenate(drawn) if drawn else np.zeros(0, np.uint8)


def _is_new(moments: list[record.Moment], now: record.Moment) -> bool:
    """Has this step none yet? One that is due twice, in a short run, is kept once."""
    return not moments or moments[-1].step != now.step


def _next(moments: list[record.Moment], parts: int, first: int = 0) -> float:
    """The used fraction at which the next of `parts` evenly spaced moments is due."""
    return (len(moments) + first) / parts if len(moments) + first <= parts else 2.0
