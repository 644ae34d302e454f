"""What is known of a set of pictures: the common ground of extractors and metrics."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from metrics.errors import InputError


@dataclass(frozen=True)
class Moments:
    """Mean (F) and covariance (F F, N - 1) of features that are not here themselves, float64.

    count: pictures that they are of, None where nobody says.
    """

    count: int | None
    mean: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class Sample:
    """N pictures and what is known of them, row by row; None for what is not known.

    pool: float32 N 2048, the pooled features that FID and most other metrics use.
    logits: float32 N 1008, without the bias, for the Inception Score.
    pictures: uint8 N H W 3.
    inputs: uint8 N H W 3, what a translator made each picture from.
    truth: uint8 N H W 3, what each picture should have become.
    back: uint8 N H W 3, each picture translated back.
    moments: of `pool`, on a real side of which nothing else is known.
    """

    pool: np.ndarray | None = None
    logits: np.ndarray | None = None
    pictures: np.ndarray | None = None
    inputs: np.ndarray | None = None
    truth: np.ndarray | None = None
    back: np.ndarray | None = None
    moments: Moments | None = None

    def __len__(self) -> int:
        for _, known in self.known():
            return len(known)
        return (self.moments.count if self.moments else None) or 0

    def __getitem__(self, rows: slice | np.ndarray) -> "Sample":
        """Some of the pictures, by slice or index array."""
        return Sample(**{name: known[rows] for name, known in self.known()})

    def known(self) -> list[tuple[str, Any]]:
        """Names and arrays of all that is known row by row."""
        return [(f.name, getattr(self, f.name)) for f in fields(self)
                if f.name != "moments" and getattr(self, f.name) is not None]  # fmt: skip

    def features(self) -> np.ndarray:
        """The pooled features; InputError when they are not known."""
        if self.pool is None:
            raise InputError("the features of one side are not known")
        return self.pool

    def pixels(self) -> np.ndarray:
        """The pictures; InputError when they are not known."""
        if self.pictures is None:
            raise InputError("the pictures of one side are not known")
        return self.pictures


def checked_pair(generated: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as float64 N F; InputError when they cannot be compared."""
    sides = checked(generated, "generated"), checked(real, "real")
    if sides[0].shape[1] != sides[1].shape[1]:
        raise InputError(
            f"generated features have {sides[0].shape[1]} numbers a picture, "
            f"real ones {sides[1].shape[1]}: they come from different extractors"
        )
    return sides


def checked(features: np.ndarray, side: str) -> np.ndarray:
    """One side as float64 N F; InputError, which names `side`, for another shape or a NaN."""
    if features.ndim != 2:
        raise InputError(f"{side} features must be an N x F table, not of shape {features.shape}")
    wide = np.asarray(features, dtype=np.float64)
    if not np.isfinite(wide).all():
        raise InputError(f"{side} features hold a NaN or an infinity")
    return wide
