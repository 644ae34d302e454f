"""Rank 0 decides, the others follow: what a trainer is asked for is asked of it on every rank.

All that decides (the clock, a stop, a look at the losses, what is drawn and kept) is rank 0's
alone: the loop does not know that there are others. They wait for its next word and for nothing
else, so that no two of them can wait for each other.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ganbench.errors import InputError
from ganbench.jobs import TrainJob
from ganbench.system.process_group import ProcessGroup
from ganzoo.trainer import Losses, Noise, Pictures

STEP, LOAD, COMPARE, END = range(4)


class Unequal(InputError):
    """Ranks that have not the same weights: they have not trained one model."""


class Leader:
    """Rank 0's trainer, which takes the others with it; it draws and saves alone."""

    def __init__(self, trainer: Any, group: ProcessGroup):
        self._trainer, self._group, self._progress = trainer, group, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trainer, name)

    def schedule(self, progress: float) -> None:
        self._progress = progress

    def step(self, source: Noise | Pictures, target: Pictures) -> Losses:
        self._tell(STEP)
        return _step(self._trainer, self._group, self._progress, source, target)

    def save(self, folder: Path) -> None:
        self._compare()
        self._trainer.save(folder)

    def load(self, folder: Path) -> None:
        self._compare()
        self._tell(LOAD, str(folder.absolute()))
        _load(self._trainer, self._group, folder)

    def end(self) -> None:
        """Let the others go."""
        self._tell(END)
        self._group.leave()

    def _compare(self) -> None:
        """Unequal where the ranks' weights differ."""
        self._tell(COMPARE)
        _compare(self._trainer, self._group)

    def _tell(self, what: int, text: str = "") -> None:
        data = np.frombuffer(text.encode(), np.uint8).copy()
        self._group.from_first(np.array([what, self._progress, len(data)]))
        if len(data):
            self._group.from_first(data)


def follow(trainer: Any, group: ProcessGroup, job: TrainJob) -> None:
    """Do what rank 0 says until it says that this is the end."""
    blank = blank_batch(job)
    while True:
        what, progress, length = group.from_first(np.zeros(3))
        text = group.from_first(np.zeros(int(length), np.uint8)).tobytes() if length else b""
        if what == STEP:
            _step(trainer, group, float(progress), *blank)
        elif what == LOAD:
            _load(trainer, group, Path(text.decode()))
        elif what == COMPARE:
            _compare(trainer, group)
        else:
            group.leave()
            return


def blank_batch(job: TrainJob) -> tuple[np.ndarray, np.ndarray]:
    """What a step's source and target are filled into."""
    run = job.run
    target = np.zeros((job.batch, run.size, run.size, 3), np.uint8)
    if run.source == "noise":
        return np.zeros((job.batch, run.settings["latent"]), np.float32), target
    return target.copy(), target


def _step(
    trainer: Any, group: ProcessGroup, progress: float, source: np.ndarray, target: np.ndarray
) -> Losses:
    """Take one step on rank 0's batch; every rank does this at the same time."""
    source, target = group.from_first(source), group.from_first(target)
    if hasattr(trainer, "schedule"):
        trainer.schedule(progress)
    losses: Losses = trainer.step(source, target)
    return losses


def _load(trainer: Any, group: ProcessGroup, folder: Path) -> None:
    trainer.load(folder)
    group.all_agree(True)  # all have read it: it may be removed now


def _compare(trainer: Any, group: ProcessGroup) -> None:
    mine = trainer.digest()
    first = group.from_first(np.frombuffer(mine, np.uint8).copy()).tobytes()
    if not group.all_agree(mine == first):
        raise Unequal(
            "the ranks' weights differ: this model's step does not average its gradients",
            "leave --ranks out; docs/how-to/several-gpus.md says what a plugin needs",
        )
