"""What the metrics that look at pixels share: checks, pictures in blocks, differences of pairs.

Blocks keep memory level when the pictures are a memory map larger than it.
"""

from collections.abc import Iterator

import numpy as np

from metrics.errors import InputError

BLOCK = 64  # pictures held at a time: 50 MB as float32 at 256 px


def blocks(*sides: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """The same rows of every N H W 3 array, a block at a time, copied off a memory map."""
    for start in range(0, len(sides[0]), BLOCK):
        yield tuple(np.asarray(side[start : start + BLOCK]) for side in sides)


def check(pictures: np.ndarray, side: str) -> None:
    """InputError for what is not uint8 N H W 3 with N >= 1; `side` names it in the sentence."""
    if pictures.dtype != np.uint8:
        raise InputError(
            f"{side} pictures must be uint8 grey levels, not {pictures.dtype}",
            "np.round(255 * pictures).astype(np.uint8) turns 0-1 floats into grey levels",
        )
    if pictures.ndim != 4 or pictures.shape[3] != 3 or not pictures.size:
        raise InputError(f"{side} pictures must be N x H x W x 3, not of shape {pictures.shape}")


def check_pairs(one: np.ndarray, other: np.ndarray, names: tuple[str, str]) -> None:
    """InputError for two sets that are not pairs of uint8 N H W 3, row by row and of one size."""
    for pictures, name in zip((one, other), names, strict=True):
        check(pictures, name)
    if len(one) != len(other):
        raise InputError(
            f"{len(one)} {names[0]} pictures and {len(other)} {names[1]} ones are no pairs"
        )
    check_sizes(one, other, names)


def check_sizes(one: np.ndarray, other: np.ndarray, names: tuple[str, str]) -> None:
    """InputError for two sets of uint8 N H W 3 whose pictures differ in size."""
    if one.shape[1:] != other.shape[1:]:
        sizes = [f"{name} pictures are {side.shape[2]} x {side.shape[1]}"
                 for side, name in zip((one, other), names, strict=True)]  # fmt: skip
        raise InputError(f"{sizes[0]}, {sizes[1]}: pixels can only be compared at one size")


def absolute_errors(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean absolute grey-level difference of each pair of two uint8 N H W 3 sets, float64 N."""
    parts = []
    for ours, theirs in blocks(one, other):
        step = np.abs(ours.astype(np.int16) - theirs)
        parts.append(np.mean(step, axis=(1, 2, 3), dtype=np.float64))
    return np.concatenate(parts)


def squared_errors(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean squared grey-level difference of each pair of two uint8 N H W 3 sets, float64 N."""
    parts = []
    for ours, theirs in blocks(one, other):
        step = ours.astype(np.float32) - theirs  # whole numbers: their squares are exact
        parts.append(np.mean(step * step, axis=(1, 2, 3), dtype=np.float64))
    return np.concatenate(parts)
