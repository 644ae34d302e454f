"""Density and coverage (Naeem et al. 2020): how full and how many of the real balls are.

A real picture's ball reaches to its k-th nearest real neighbour. Density: the balls that a
generated picture lies in, on average, as a part of k; 1 is expected of the real distribution
itself. Coverage: the part of the balls that hold a generated picture. The edge is outside, as in
the authors' code.
"""

from dataclasses import dataclass

import numpy as np

from metrics import jackknife
from metrics.neighbours import comparable, open_, radii, require_more_than, squared_distances
from metrics.registry import Measurement, Metric
from metrics.sample import Sample

K = 5  # the authors' choice
PROTOCOL = {"neighbours": K, "distance": "Euclidean, float64", "ball": "open"}


@dataclass(frozen=True)
class Balls:
    """Which generated pictures lie in which real balls, counted both ways.

    of_picture: int N, the real balls each generated picture lies in.
    of_ball: int G M, the generated pictures in each real ball, by group of generated pictures.
    """

    of_picture: np.ndarray
    of_ball: np.ndarray


def density(generated: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Mean number of real balls around N x F generated features, divided by k; 0 and up."""
    return float(_balls(generated, real, k).of_picture.mean() / k)


def coverage(generated: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Part of the M balls of M x F real features with a generated picture inside, 0 to 1."""
    return float((_balls(generated, real, k).of_ball.sum(axis=0) > 0).mean())


def _balls(
    generated: np.ndarray, real: np.ndarray, k: int, groups: list[np.ndarray] | None = None
) -> Balls:
    require_more_than(k, len(real), "real")
    groups = groups or [np.arange(len(generated))]
    ours, theirs, nothing = comparable(generated, real)
    reach = open_(radii(theirs, k, nothing))
    of_picture = np.zeros(len(ours), int)
    of_ball = np.zeros((len(groups), len(theirs)), int)
    for rows, squared in squared_distances(theirs, ours, nothing):
        inside = squared < reach[rows, None]  # step N
        of_picture += inside.sum(axis=0)
        of_ball[:, rows] = [inside[:, group].sum(axis=1) for group in groups]
    return Balls(of_picture, of_ball)


def measure_density(generated: Sample, real: Sample) -> Measurement:
    """Density; for a mean over N the delete-one jackknife has a closed form."""
    shares = _balls(generated.features(), real.features(), K).of_picture / K
    return Measurement(float(shares.mean()), error=jackknife.of_mean(shares))


def measure_coverage(generated: Sample, real: Sample) -> Measurement:
    """Coverage, and the grouped jackknife from the counts of each group."""
    count, groups = len(generated), jackknife.parts(len(generated))
    rest = np.setdiff1d(np.arange(count), np.concatenate([np.arange(0), *groups]))
    held = _balls(generated.features(), real.features(), K, [rest, *groups]).of_ball
    total = held.sum(axis=0)
    without = [float((total - group > 0).mean()) for group in held[1:]]
    error = jackknife.spread(without, count, len(groups[0])) if groups else None
    return Measurement(float((total > 0).mean()), error=error)


DENSITY = Metric(
    name="density",
    title="Density",
    short="density",
    needs=("pool",),
    better="higher",
    unit="",
    protocol=PROTOCOL,
    version=1,
    measure=measure_density,
    kind="quality",
    about="how thickly the generated pictures lie where the real ones are; 1 is as the real ones",
    jackknife=False,  # it brings its own
)

COVERAGE = Metric(
    name="coverage",
    title="Coverage",
    short="coverage",
    needs=("pool",),
    better="higher",
    unit="",
    protocol=PROTOCOL,
    version=1,
    measure=measure_coverage,
    kind="variety",
    about="the part of the real pictures with a generated one nearer than their neighbours",
    jackknife=False,  # it brings its own
)
