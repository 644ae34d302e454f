"""Improved precision and recall (Kynkäänniemi et al. 2019): what lies within the other's reach.

A set reaches as far as the balls around its points, each out to the k-th nearest neighbour in the
same set. Precision: the part of the generated pictures within reach of the real ones. Recall: the
part of the real pictures within reach of the generated ones. The edge of a ball belongs to it.
"""

from collections.abc import Sequence

import numpy as np

from metrics import jackknife
from metrics.neighbours import closed, comparable, radii, require_more_than, squared_distances
from metrics.registry import Measurement, Metric
from metrics.sample import Sample

K = 3  # the authors' choice, and torch-fidelity's
PROTOCOL = {"neighbours": K, "distance": "Euclidean, float64", "ball": "closed"}


def precision(generated: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Part of N x F generated features inside some ball of the M x F real ones, 0 to 1."""
    return float(np.mean(_inside(generated, real, k)))


def recall(generated: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Part of M x F real features inside some ball of the N x F generated ones, 0 to 1."""
    return recalls(generated, real, [np.arange(0)], k)[0]


def recalls(
    generated: np.ndarray, real: np.ndarray, left_out: Sequence[np.ndarray], k: int = K
) -> list[float]:
    """Recall with each of these sets of generated rows left out, from one pass over the pairs.

    N F generated and M F real features; each set is an index array int64 N.
    """
    require_more_than(k, len(generated) - max(len(rows) for rows in left_out), "generated")
    ours, theirs, nothing = comparable(generated, real)
    reach = closed(_radii_without(ours, left_out, k, nothing))  # one row for each set left out
    hits = [0] * len(left_out)
    for _, squared in squared_distances(theirs, ours, nothing):
        for which, radius in enumerate(reach):
            hits[which] += int((squared <= radius).any(axis=1).sum())
    return [hit / len(theirs) for hit in hits]


def _inside(generated: np.ndarray, real: np.ndarray, k: int) -> np.ndarray:
    require_more_than(k, len(real), "real")
    ours, theirs, nothing = comparable(generated, real)
    reach = closed(radii(theirs, k, nothing))
    blocks = squared_distances(ours, theirs, nothing)
    return np.concatenate([(squared <= reach).any(axis=1) for _, squared in blocks])


def _radii_without(
    points: np.ndarray, left_out: Sequence[np.ndarray], k: int, nothing: float
) -> np.ndarray:
    """Squared radii of the points that stay; -1, which nothing is within, for those left out."""
    found = np.empty((len(left_out), len(points)))
    for rows, squared in squared_distances(points, points, nothing):
        for which, gone in enumerate(left_out):
            others = squared.copy()
            others[:, gone] = np.inf
            found[which, rows] = np.partition(others, k, axis=1)[:, k]
    for which, gone in enumerate(left_out):
        found[which, gone] = -1.0
    return found


def measure_precision(generated: Sample, real: Sample) -> Measurement:
    """Precision; for a part of N the delete-one jackknife has a closed form."""
    inside = _inside(generated.features(), real.features(), K)
    return Measurement(float(inside.mean()), error=jackknife.of_mean(inside))


def measure_recall(generated: Sample, real: Sample) -> Measurement:
    """Recall, and the grouped jackknife from the same pass over the pairs."""
    features, groups = generated.features(), jackknife.parts(len(generated))
    if len(features) - max((len(group) for group in groups), default=0) <= K:
        groups = []  # with some left out there would be no neighbours
    if len(features) * max(len(features), len(real)) > jackknife.MOST_PAIRS:
        groups = []  # twenty-one passes over the pairs
    values = recalls(features, real.features(), [np.arange(0), *groups])
    size = len(groups[0]) if groups else 1
    error = jackknife.spread(values[1:], len(features), size)
    return Measurement(values[0], error=error)


PRECISION = Metric(
    name="precision",
    title="Precision",
    short="precision",
    needs=("pool",),
    better="higher",
    unit="",
    protocol=PROTOCOL,
    version=1,
    measure=measure_precision,
    kind="quality",
    about="the part of the generated pictures that look like some real one",
    jackknife=False,  # it brings its own
)

RECALL = Metric(
    name="recall",
    title="Recall",
    short="recall",
    needs=("pool",),
    better="higher",
    unit="",
    protocol=PROTOCOL,
    version=1,
    measure=measure_recall,
    kind="variety",
    about="the part of the real pictures that some generated one comes near",
    jackknife=False,  # it brings its own
)
