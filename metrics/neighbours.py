"""Who lies within whose reach: balls to the k-th nearest neighbour, pairs compared in blocks.

Distances are squared and float64. Rounding must not decide who is inside, or a copied set would
score differently with every block size; so pairs that differ by less than the features' own
rounding have distance 0, and a point on the edge of a ball is known to be on the edge.
"""

from collections.abc import Iterator

import numpy as np

from metrics.errors import InputError
from metrics.sample import checked_pair

BLOCK = 2**22  # pairs held at a time, 32 MiB: memory does not grow with N M
SAME = 1e-12  # of the mean squared length: float32 features of one picture differ by less
EDGE = 1e-9  # relative; squared distances closer than this are equal


def comparable(generated: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Both sides as float64 about the real mean, and the squared distance below which it is 0.

    A common offset, which squared lengths would only have to cancel, is taken away first.
    N F and M F in and out; InputError where one side is empty or F differs.
    """
    ours, theirs = checked_pair(generated, real)
    if not len(ours) or not len(theirs):
        raise InputError(f"no {'real' if len(ours) else 'generated'} pictures to compare")
    nothing = SAME * (np.mean(_lengths(ours)) + np.mean(_lengths(theirs))) / 2
    middle = theirs.mean(axis=0)
    return ours - middle, theirs - middle, float(nothing)


def squared_distances(
    rows: np.ndarray, columns: np.ndarray, nothing: float = 0.0
) -> Iterator[tuple[slice, np.ndarray]]:
    """(which rows, their squared distances to all columns), block after block.

    Of float64 N F rows and M F columns each block is B M; below `nothing` a distance is 0.
    """
    lengths = _lengths(columns)
    step = max(1, BLOCK // len(columns))
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        squared = some @ columns.T  # step M
        squared *= -2
        squared += lengths
        squared += _lengths(some)[:, None]
        squared[squared < max(nothing, 0.0)] = 0.0  # rounding may even go below 0
        yield slice(start, start + len(some)), squared


def radii(points: np.ndarray, k: int, nothing: float = 0.0) -> np.ndarray:
    """Squared distance, float64 N, of each of N F points to its k-th neighbour but itself."""
    found = np.empty(len(points))
    for rows, squared in squared_distances(points, points, nothing):
        found[rows] = np.partition(squared, k, axis=1)[:, k]
    return found


def closed(squared_radii: np.ndarray) -> np.ndarray:
    """Radii, float64 N, for `distance <= radius`: the edge belongs to the ball."""
    return squared_radii * (1 + EDGE)


def open_(squared_radii: np.ndarray) -> np.ndarray:
    """Radii, float64 N, for `distance < radius`: the edge is outside, a centre in its own ball.

    That last matters where k + 1 pictures are identical and their balls have no width.
    """
    return np.where(squared_radii > 0, squared_radii * (1 - EDGE), np.finfo(np.float64).tiny)


def require_more_than(k: int, count: int, side: str) -> None:
    """InputError unless a side's pictures have k neighbours each."""
    if count <= k:
        raise InputError(
            f"the {k} nearest neighbours of a picture need at least {k + 1} {side} pictures, "
            f"here {'is' if count == 1 else 'are'} {count}"
        )


def _lengths(points: np.ndarray) -> np.ndarray:
    return np.einsum("nf,nf->n", points, points)
