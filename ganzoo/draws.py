"""What is drawn at random inside a model, in numpy: the same numbers in every framework."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Each purpose draws from a generator of its own, so that no draw shifts another.
STEP, WEIGHTS, CANVAS = 1, 2, 3
ENLARGED = 1_000_000  # a purpose of a step, far from those of augmentations


def of_step(seed: int, step: int, purpose: int) -> np.random.Generator:
    """Draws that depend on nothing but the seed, the step and the purpose: no state to save."""
    return np.random.default_rng([seed, step, purpose, STEP])


def of_weights(seed: int, network: int) -> np.random.Generator:
    """Draws of the initial weights of a trainer's n-th network."""
    return np.random.default_rng([seed, network, WEIGHTS])


def normal(
    random: np.random.Generator, mean: float, std: float, shape: Sequence[int]
) -> np.ndarray:
    """Draw float32 N(mean, std) of a weight's shape in PyTorch (out, in, height, width)."""
    return mean + np.float32(std) * random.standard_normal(tuple(shape), dtype=np.float32)


def canvas(channels: int, size: int) -> np.ndarray:
    """Noise that every generator of this size is given, float32 1 C S S: the same for all."""
    return normal(
        np.random.default_rng([channels, size, CANVAS]), 0.0, 1.0, (1, channels, size, size)
    )


@dataclass(frozen=True)
class Swaps:
    """What becomes of each fake of a batch, one after the other (Shrivastava et al. 2017)."""

    place: np.ndarray  # int32 N, in the history
    stored: np.ndarray  # bool N: the fake is put there
    shown: np.ndarray  # bool N: what lay there is shown to D in its stead


def swaps(random: np.random.Generator, filled: int, size: int, count: int) -> Swaps:
    """Fill a history of `size` fakes; once full, show an older one half of the time."""
    made = Swaps(np.zeros(count, np.int32), np.zeros(count, bool), np.zeros(count, bool))
    for i in range(count):
        if filled < size:
            made.place[i], made.stored[i] = filled, True
            filled += 1
        elif size and random.random() < 0.5:
            made.place[i] = random.integers(size)
            made.stored[i] = made.shown[i] = True
    return made


@dataclass(frozen=True)
class Exchange:
    """The same at once for the whole batch, N fakes: whom D is shown, and what the history keeps.

    A place that several fakes are put in keeps the last one; those that are not kept go to place
    `size`, which nobody looks at.
    """

    remembered: np.ndarray  # bool N: shown is what the history holds, else a fake of this batch
    place: np.ndarray  # int64 N, of the history
    fake: np.ndarray  # int64 N, of this batch
    kept_at: np.ndarray  # int64 N, of the history: where each fake goes

    @classmethod
    def of(cls, swaps: Swaps, size: int) -> "Exchange":
        """What a history of `size` fakes comes to when the swaps are carried out in turn."""
        count = len(swaps.place)
        fake, kept_at = np.arange(count), np.full(count, size)
        remembered = np.zeros(count, bool)
        lies: dict[int, int] = {}  # by place, the fake of this batch that was put there last
        for i, place in enumerate(swaps.place.tolist()):
            if swaps.shown[i]:
                remembered[i], fake[i] = place not in lies, lies.get(place, 0)
            if swaps.stored[i]:
                lies[place] = i
        for place, i in lies.items():
            kept_at[i] = place
        return cls(remembered, swaps.place.astype(np.int64), fake, kept_at)


def augmentation(
    random: np.random.Generator, kinds: Sequence[str], count: int, size: int
) -> dict[str, np.ndarray]:
    """Draws for each kind of DiffAugment (Zhao et al. 2020, arXiv 2006.10738), in their order.

    For N = `count` pictures: "color" float32 3 N, the others int32 N 2 in pixels.
    """
    drawn = {}
    for kind in kinds:
        if kind == "color":  # brightness, saturation, contrast of each picture, 0 to 1
            drawn[kind] = random.random((3, count), dtype=np.float32)
        elif kind == "translation":  # top and left corner in the picture padded by an eighth
            drawn[kind] = random.integers(0, 2 * (size // 8) + 1, (count, 2)).astype(np.int32)
        else:  # cutout: row and column of the square's centre
            drawn[kind] = random.integers(0, size, (count, 2)).astype(np.int32)
    return drawn
