"""Signs that a run no longer learns, in its losses and in the pictures of its probes.

docs/failures.md explains every rule and its threshold. All that is remembered from look to look is
JSON and part of the checkpoint, so that a resumed run is judged like an uninterrupted one.
"""

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

REAL = 64  # real pictures that the model's are held against
SIDE = 8  # cells on a side of a thumbnail
LOOKS = 3  # at pictures, in a row, before anything is said
ALIKE = 0.05  # of the real spread: below it the model draws one picture
FLAT = 0.02  # of the real contrast, about one grey level: below it a picture is one colour
CLEAR = 2.0  # times the threshold: here a low measure is over
LEARNING_STEPS = 300  # an untrained generator draws one picture too, and often a flat one
LEARNING_PART = 0.1  # of the budget

FIRST_LOOKS = 100  # at losses: what is usual for the run
FEW_LOOKS = 10  # are enough to call something usual
EXPLODED = 1000.0  # times the usual size
LARGE, HUGE = 1e5, 1e12  # below LARGE nothing has exploded, above HUGE everything has
LARGE_LOOKS = 20  # in a row, for a spike passes
SAME_LOOKS = 100  # in a row with the very same losses


class Diverged(Exception):
    """A run that cannot become good any more: at which step, and why in one sentence."""

    def __init__(self, reason: str, step: int):
        super().__init__(reason)
        self.step = step


@dataclass(frozen=True)
class Collapse:
    """Since when a model draws one picture for everything."""

    step: int  # of the first look that found it so
    reason: str


@dataclass(frozen=True)
class Scale:
    """What pictures should be like, in grey levels; 0 where nothing can be expected."""

    spread: float
    contrast: float


@dataclass
class Streak:
    """For how many looks in a row a measure has been too low."""

    learned: bool = False  # it was clearly high enough at least once
    looks: int = 0
    since: int = 0  # step of the first of these looks

    def add(self, step: int, measure: float, least: float, ripe: bool) -> bool:
        """Count a look; True when it is one too many. `ripe`: there was time enough to learn."""
        self.learned = self.learned or measure >= CLEAR * least
        if measure >= least or not (self.learned or ripe):
            self.looks = 0
            return False
        self.looks += 1
        self.since = step if self.looks == 1 else self.since
        return self.looks >= LOOKS


@dataclass
class LossWatch:
    """What is remembered of the losses."""

    first: dict[str, list[float]] = field(default_factory=dict)  # sizes at the first looks
    large: dict[str, int] = field(default_factory=dict)  # looks in a row at an exploded loss
    last: dict[str, float] = field(default_factory=dict)
    same: int = 0  # looks in a row that found `last` again

    def look(self, step: int, losses: Mapping[str, float]) -> None:
        """Diverged when a loss has exploded or none changes any more."""
        for name, value in losses.items():
            self._look_at_size(step, name, abs(value))
        self.same = self.same + 1 if losses and losses == self.last else 0
        self.last = dict(losses)
        if self.same >= SAME_LOOKS:
            stay = ", ".join(f"{name} stays at {value:.4g}" for name, value in losses.items())
            raise Diverged(f"no loss has changed for {SAME_LOOKS} looks in a row: {stay}", step)

    def _look_at_size(self, step: int, name: str, size: float) -> None:
        first, limit = self.first.setdefault(name, []), HUGE
        if len(first) >= FEW_LOOKS:
            limit = min(HUGE, max(LARGE, EXPLODED * statistics.median(first)))
        if size < limit:
            self.large[name] = 0
            if len(first) < FIRST_LOOKS:
                first.append(size)
            return
        self.large[name] = self.large.get(name, 0) + 1
        if self.large[name] >= LARGE_LOOKS:
            usual = f", usual at first was {statistics.median(first):.2g}" if first else ""
            raise Diverged(
                f"loss {name} has exploded: its size is {size:.2g} at step {step:,}{usual}", step
            )


@dataclass
class PictureWatch:
    """What is remembered of the probes' pictures."""

    step: int = 0  # of the latest look
    alike: Streak = field(default_factory=Streak)
    flat: Streak = field(default_factory=Streak)
    collapse: Collapse | None = None

    def look(self, step: int, progress: float, pictures: np.ndarray, real: Scale) -> bool:
        """Look at uint8 N H W 3 drawn at `step`, with `progress` of the budget used.

        Returns whether `collapse` has begun or ended; Diverged when nothing is drawn any more.
        A step is looked at once; step 0, before training, never.
        """
        if step <= self.step:
            return False
        self.step = step
        ripe = step >= LEARNING_STEPS and progress >= LEARNING_PART
        most = float(contrasts(pictures).max())
        if self.flat.add(step, most, FLAT * real.contrast, ripe):
            raise Diverged(
                f"every picture it draws is one flat colour since step {self.flat.since:,}", step
            )
        return self._look_at_spread(step, pictures, real, ripe)

    def _look_at_spread(self, step: int, pictures: np.ndarray, real: Scale, ripe: bool) -> bool:
        if len(pictures) < 2:
            return False
        before, measured = self.collapse, spread(pictures)
        if self.alike.add(step, measured, ALIKE * real.spread, ripe) and before is None:
            since = self.alike.since
            self.collapse = Collapse(
                since,
                f"it draws nearly one picture for every input since step {since:,}:"
                f" they differ {measured / real.spread:.1%} as much as real ones",
            )
        elif measured >= CLEAR * ALIKE * real.spread:
            self.collapse = None
        return self.collapse != before


class Watch:
    """Looks at one run, at every reading of its losses and at every picture it keeps."""

    def __init__(self, real: Scale):
        self.real, self._losses, self._pictures = real, LossWatch(), PictureWatch()

    @property
    def collapse(self) -> Collapse | None:
        """The collapse the run is in."""
        return self._pictures.collapse

    def losses(self, step: int, losses: Mapping[str, float]) -> None:
        """Look at losses; Diverged when they say so."""
        self._losses.look(step, losses)

    def pictures(self, step: int, progress: float, pictures: np.ndarray) -> bool:
        """Look at pictures; True when a collapse begins or ends, Diverged when all are flat."""
        return self._pictures.look(step, progress, pictures, self.real)

    def state(self) -> dict[str, Any]:
        """What is remembered, for a checkpoint."""
        return {"losses": asdict(self._losses), "pictures": asdict(self._pictures)}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember what `state` returned."""
        seen = state["pictures"]
        self._losses = LossWatch(**state["losses"])
        self._pictures = PictureWatch(
            step=seen["step"],
            alike=Streak(**seen["alike"]),
            flat=Streak(**seen["flat"]),
            collapse=Collapse(**seen["collapse"]) if seen["collapse"] else None,
        )


def scale(target: np.ndarray, source: np.ndarray | None) -> Scale:
    """What to expect of a model that draws like `target`, from `source` if it is a translator.

    Both uint8 N H W 3. Sources that are all alike may be answered with pictures that are alike.
    """
    spreads = [spread(pictures) for pictures in (target, source) if pictures is not None]
    return Scale(min(spreads), float(np.median(contrasts(target))))


def spread(pictures: np.ndarray) -> float:
    """How much pictures differ from each other, in grey levels; 0 for fewer than two.

    The root of the mean variance of their thumbnails' values, so that fine noise does not count.
    """
    if len(pictures) < 2:
        return 0.0
    return float(np.sqrt(thumbnails(pictures).var(axis=0, ddof=1).mean()))


def contrasts(pictures: np.ndarray) -> np.ndarray:
    """How much the pixels of each picture differ, in grey levels; uint8 N H W 3 -> float64 N."""
    pixels = pictures.reshape(len(pictures), -1, pictures.shape[-1])
    variances = [picture.var(axis=0, dtype=np.float64).mean() for picture in pixels]
    return np.sqrt(variances)


def thumbnails(pictures: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Average over `side` x `side` cells, as equal as whole pixels allow.

    uint8 N H W 3 -> float64 N side side 3; H and W are at least `side`.
    """
    made = pictures
    for axis in (1, 2):
        edges = np.arange(side + 1) * pictures.shape[axis] // side
        sums = np.add.reduceat(made, edges[:-1], axis=axis, dtype=np.float64)
        shape = [-1 if i == axis else 1 for i in range(made.ndim)]
        made = sums / np.diff(edges).reshape(shape)
    return made
