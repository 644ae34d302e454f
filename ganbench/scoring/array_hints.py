"""What to type so that an array of another kind becomes pictures: uint8 N H W 3, from 0 to 255.

A hint is an expression of `pictures`, the array as it is. Where its numbers or its axes can mean
two things, nothing is guessed.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

ROUNDED = 0.5 / 255  # beyond 0 or 1, and still rounded to 0 or 255
BRIGHT = 64  # no set of pictures from 0 to 255 stays below
DIM = -0.51  # no set of pictures from -1 to 1 stays above
UNKNOWN = "bring them to 0 to 1 first, then np.rint(255 * pictures).astype(np.uint8)"
ALPHA = "np.rint(255 - (255.0 - pictures[..., :3]) * pictures[..., 3:] / 255).astype(np.uint8)"
GREY = "np.repeat({}, 3, axis=-1)"
BINARY = "255 * {}.astype(np.uint8)"
FLAT = "pictures.reshape(-1, HEIGHT, WIDTH, 3)"


@dataclass(frozen=True)
class Range:
    """The extremes of an array's numbers."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"from {self.low:.5g} to {self.high:.5g}"


def extremes(parts: Iterable[np.ndarray]) -> Range | None:
    """Of all numbers; not finite where any of them is not, None where there are none."""
    found = [(float(part.min()), float(part.max())) for part in parts if part.size]
    return Range(float(np.min(found)), float(np.max(found))) if found else None


def hint(dtype: np.dtype, shape: tuple[int, ...], fortran: bool, seen: Range | None) -> str:
    """What to type; transparency is laid on white in a step of its own, last."""
    numbers = "{}" if dtype == np.uint8 else for_numbers(dtype, seen)
    if numbers is None:
        return UNKNOWN
    if dtype == np.uint8 and len(shape) == 4 and shape[3] == 4 and shape[1] != 3:
        return ALPHA
    whole = "np.ascontiguousarray({})" if fortran else "{}"
    made = [whole.format(numbers.format(axes)) for axes in for_axes(shape)]
    return made[0] if len(made) == 1 else f"one picture: {made[0]}; three grey ones: {made[1]}"


def for_numbers(dtype: np.dtype, seen: Range | None) -> str | None:
    """How numbers of this kind and range become uint8: a format of one array; None: not known."""
    if dtype.kind == "b":
        return BINARY
    if seen is None or not (math.isfinite(seen.low) and math.isfinite(seen.high)):
        return None
    if dtype.kind in "iu":
        return _for_whole(int(seen.low), int(seen.high))
    return _for_floats(seen.low, seen.high) if dtype.kind == "f" else None


def _for_whole(low: int, high: int) -> str | None:
    if low < 0 or high >= 2**16:
        return None
    if high <= 1:
        return BINARY
    if high < 2**8:
        return "{}.astype(np.uint8)"
    bits = next(bits for bits in (10, 12, 14, 16) if high < 2**bits)
    divisor = "257" if bits == 16 else f"({2**bits - 1} / 255)"
    return f"np.rint({{}} / {divisor}).astype(np.uint8)"


def _for_floats(low: float, high: float) -> str | None:
    if low > -ROUNDED and high < 1 + ROUNDED:
        return "np.rint(255 * {}).astype(np.uint8)"
    if -1 - ROUNDED < low < DIM and high < 1 + ROUNDED:
        return "np.rint(127.5 * {} + 127.5).astype(np.uint8)"
    if low > -0.5 and BRIGHT <= high < 255.5:
        return "np.rint({}).astype(np.uint8)"
    return None


def for_axes(shape: tuple[int, ...]) -> list[str]:
    """How an array of this shape becomes N H W 3, or N H W 4 if it has alpha; two where two fit."""
    if len(shape) == 3:
        if shape[2] in (3, 4):
            return ["pictures[None]"]
        grey = GREY.format("pictures[..., None]")
        return ["pictures.transpose(1, 2, 0)[None]", grey] if shape[0] == 3 else [grey]
    if len(shape) < 3:
        return [FLAT]
    axes, channels = "pictures", shape[-1]
    if len(shape) > 4:
        axes = "pictures.reshape(-1, *pictures.shape[-3:])"
    elif is_first(shape):
        axes, channels = "pictures.transpose(0, 2, 3, 1)", shape[1]
    return [GREY.format(axes) if channels == 1 else axes]


def is_first(shape: tuple[int, ...]) -> bool:
    """Do the channels of N pictures come before height and width?"""
    if len(shape) != 4 or shape[3] == 3:
        return False
    return shape[1] == 3 or (shape[1] in (1, 4) and shape[3] not in (1, 4))
