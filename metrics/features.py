"""What a network saw in a set of pictures: the common ground of extractors and metrics."""

from dataclasses import dataclass

import numpy as np

from metrics.errors import InputError


@dataclass(frozen=True)
class Features:
    """Features of N pictures.

    pool: float32 N 2048, the pooled features that FID and most other metrics use.
    logits: float32 N 1008, without the bias, for the Inception Score; None where not kept.
    """

    pool: np.ndarray
    logits: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.pool)

    def __getitem__(self, rows: slice | np.ndarray) -> "Features":
        """Features of some of the pictures, by slice or index array."""
        return Features(self.pool[rows], None if self.logits is None else self.logits[rows])


def checked_pair(generated: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as float64 N F; one sentence when they cannot be compared."""
    sides = checked(generated, "generated"), checked(real, "real")
    if sides[0].shape[1] != sides[1].shape[1]:
        raise InputError(
            f"generated features have {sides[0].shape[1]} numbers a picture, "
            f"real ones {sides[1].shape[1]}: they come from different extractors"
        )
    return sides


def checked(features: np.ndarray, side: str) -> np.ndarray:
    """One side as float64 N F, finite; `side` names it in the error."""
    if features.ndim != 2:
        raise InputError(f"{side} features must be an N x F table, not of shape {features.shape}")
    wide = np.asarray(features, dtype=np.float64)
    if not np.isfinite(wide).all():
        raise InputError(f"{side} features hold a NaN or an infinity")
    return wide
