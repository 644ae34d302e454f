"""Diversity: how far the generated pictures spread, as a share of the real pictures' spread.

sqrt(trace S_generated / trace S_real) of the pooled features' covariances (N - 1): the ratio of
root mean squared distances from the mean. A collapsed generator comes near 0.
Our own, of no paper.
"""

from collections.abc import Iterator

import numpy as np

from metrics.errors import InputError
from metrics.registry import Measurement, Metric
from metrics.sample import Sample, checked

BLOCK = 1024  # rows turned to float64 at a time


def diversity(generated: np.ndarray, real: np.ndarray) -> tuple[float, float | None]:
    """(ratio of spreads, its standard error over generated pictures) of N F and M F features.

    The error is the infinitesimal jackknife's: a trace is a mean of squared distances, and the
    root halves its relative error. None below 3 pictures, where those distances are all alike.
    InputError when the features are another network's or all real pictures look the same.
    """
    if generated.shape[1:] != real.shape[1:]:
        raise InputError("the two sets have different numbers of features: another extractor")
    ours, theirs = squared_distances(generated, "generated"), squared_distances(real, "real")
    if not theirs.any():
        raise InputError("all real pictures look the same: there is no spread to compare with")
    trace = ours.sum() / (len(ours) - 1)
    value = float(np.sqrt(trace / (theirs.sum() / (len(theirs) - 1))))
    if len(ours) < 3:
        return value, None
    relative = ours.std(ddof=1) / np.sqrt(len(ours)) / (2 * trace) if trace > 0 else 0.0
    return value, float(relative * value)


def squared_distances(features: np.ndarray, side: str) -> np.ndarray:
    """Squared distance of each of N x F features from their mean, float64 N.

    Taken from the first row on, so that equal rows have distance 0 and not rounding noise.
    InputError, which names `side`, for fewer than 2 rows.
    """
    count = len(features)
    if count < 2:
        raise InputError(f"a spread needs at least 2 {side} pictures, here are {count}")
    total = np.zeros(features.shape[1:])
    for block in _from_the_first(features, side):
        total += block.sum(axis=0)
    parts = [np.sum((b - total / count) ** 2, axis=1) for b in _from_the_first(features, side)]
    return np.concatenate(parts)


def _from_the_first(features: np.ndarray, side: str) -> Iterator[np.ndarray]:
    first = checked(features[:1], side)
    for start in range(0, len(features), BLOCK):
        yield checked(features[start : start + BLOCK], side) - first


def measure(generated: Sample, real: Sample) -> Measurement:
    """Ratio of the spreads of the pooled features."""
    value, error = diversity(generated.features(), real.features())
    return Measurement(value, error=error)


DIVERSITY = Metric(
    name="diversity",
    title="Diversity",
    short="spread",
    needs=("pool",),
    better="neither",
    unit="",
    protocol={"spread": "square root of the covariance's trace, N-1", "ratio": "to the real"},
    version=1,
    measure=measure,
    kind="variety",
    about="spread of the pictures; 1 is the real pictures' own, near 0 is collapse",
    jackknife=False,  # its error has a closed form
)
