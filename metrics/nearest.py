"""Nearest real pictures, which show whether the model repeats what it was shown.

Cosine distances 1 - |cos| of pooled features, as in MiFID. The number compares the typical
generated picture's distance to its nearest real one with a real picture's distance to its nearest
other real one; copies lie far nearer. No one number proves anything (Stein et al. 2023): look at
the closest pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from metrics.errors import InputError
from metrics.jackknife import standard_error
from metrics.registry import Measurement, Metric
from metrics.sample import Sample, checked

BLOCK = 1024  # rows of either side turned to float64 at a time
SAME = 1e-12  # below, a distance is the rounding noise of equal features


@dataclass(frozen=True)
class Closest:
    """The `count` generated pictures that lie nearest to a real one, the nearest first."""

    samples: np.ndarray  # count: rows of the generated pictures
    real: np.ndarray  # count K: rows of their nearest real pictures, the nearest first
    distances: np.ndarray  # count K: how far those lie
    generated_to_real: np.ndarray  # N: of every generated picture to its nearest real one
    real_to_real: np.ndarray  # M: of every real picture to its nearest other real one


def closest(
    generated: np.ndarray, real: np.ndarray, count: int = 8, neighbours: int = 3
) -> Closest:
    """The most suspicious of N F generated features, their nearest of M F real ones, M >= 2."""
    distances = nearest_distances(generated, real)
    chosen = np.argsort(distances, kind="stable")[:count]
    table = [part for _, part in _blocks(generated[chosen], real)]
    rows = np.concatenate(table, axis=1)  # count M
    order = np.argsort(rows, axis=1, kind="stable")[:, :neighbours]
    return Closest(
        samples=chosen,
        real=order,
        distances=np.take_along_axis(rows, order, axis=1),
        generated_to_real=distances,
        real_to_real=nearest_others(real),
    )


def nearest_distances(generated: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Distance of each of N F features to the nearest of M F ones, float64 N, 0 to 1."""
    _check(generated, real)
    found = np.ones(len(generated))
    for start in range(0, len(generated), BLOCK):
        rows = slice(start, start + BLOCK)
        for _, part in _blocks(generated[rows], real):
            found[rows] = np.minimum(found[rows], part.min(axis=1))
    return found


def nearest_others(real: np.ndarray) -> np.ndarray:
    """Distance of each of M F features to the nearest of the others, float64 M, 0 to 1.

    InputError for a single picture, which has no other.
    """
    _check(real, real)
    if len(real) < 2:
        raise InputError("the nearest other real picture needs at least 2 real pictures, here is 1")
    found = np.ones(len(real))
    for start in range(0, len(real), BLOCK):
        rows = slice(start, start + BLOCK)
        for at, part in _blocks(real[rows], real):
            if at == start:
                np.fill_diagonal(part, 1.0)  # itself
            found[rows] = np.minimum(found[rows], part.min(axis=1))
    return found


def _blocks(ours: np.ndarray, theirs: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Distances of all of `ours` to a block of `theirs` at a time, with the block's first row."""
    directions = _directions(ours, "generated")
    for start in range(0, len(theirs), BLOCK):
        cosines = directions @ _directions(theirs[start : start + BLOCK], "real").T
        distances = np.clip(1 - np.abs(cosines), 0.0, 1.0)
        distances[distances < SAME] = 0.0
        yield start, distances


def _directions(features: np.ndarray, side: str) -> np.ndarray:
    """Rows of length 1; rows of zeros stay, and so lie at distance 1 from everything."""
    wide = checked(features, side)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    return wide / np.where(length > 0, length, 1.0)


def _check(generated: np.ndarray, real: np.ndarray) -> None:
    if not len(generated) or not len(real):
        raise InputError(
            f"nearest pictures need some on each side, "
            f"here are {len(generated)} generated and {len(real)} real ones"
        )
    if generated.shape[1:] != real.shape[1:]:
        raise InputError("the two sets have different numbers of features: another extractor")


def measure(generated: Sample, real: Sample) -> Measurement:
    """Median nearest-real distance, as a share of the real pictures' own.

    InputError when more than half of the real ones repeat each other, and that share has no ground.
    """
    ours = nearest_distances(generated.features(), real.features())
    theirs = nearest_others(real.features())
    typical = float(np.median(theirs))
    if typical == 0:
        raise InputError(
            "more than half of the real pictures look like another one of them: "
            "there is no typical distance to compare with"
        )
    value = float(np.median(ours)) / typical
    error = standard_error(lambda rows: float(np.median(ours[rows])) / typical, len(ours))
    return Measurement(value, _details(ours, theirs), _note(ours), error)


def _details(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    suspicious = float(np.percentile(theirs, 1))
    return {
        "generated_median": float(np.median(ours)),
        "real_median": float(np.median(theirs)),
        "smallest": float(ours.min()),
        "suspiciously_near": suspicious,
        "suspicious_share": float(np.mean(ours < suspicious)),
    }


def _note(ours: np.ndarray) -> str:
    copies = int(np.sum(ours == 0))
    return f"{copies:,} of {len(ours):,} pictures repeat a real one" if copies else ""


NEAREST = Metric(
    name="nearest",
    title="Nearest real",
    short="NN ratio",
    needs=("pool",),
    better="neither",
    unit="",
    protocol={
        "distance": "1 - |cos|, float64",
        "value": "median to the nearest real picture / median of real to the nearest other real",
        "suspicious": "nearer than the 1st percentile of real to the nearest other real",
    },
    version=1,
    measure=measure,
    kind="copying",
    about="distance to the nearest real picture; 1 is that between real ones, near 0 is copying",
    jackknife=False,  # leaves out pictures whose distances are already known
)
