"""FID-infinity (Chong & Forsyth 2020): the Fréchet distance that endless pictures would have.

FID is biased upwards by about b / N. Fitting FID(N) = FID_infinity + b / N to subsets of several
sizes and reading it at 1 / N = 0 takes the generated side's bias away; the real side's stays.
"""

from dataclasses import dataclass

import numpy as np

from metrics.errors import InputError
from metrics.fid import count_note, factor
from metrics.gaussian import Gaussian
from metrics.registry import Measurement, Metric
from metrics.sample import Moments, Sample, checked, checked_pair

SIZES = 15  # the authors' number of points on the line
SEED = 0
LEAST = 3  # generated pictures for each feature; see `extrapolate`


@dataclass(frozen=True)
class Line:
    """value + slope / N, fitted to the distances of subsets of these sizes."""

    value: float
    slope: float
    sizes: np.ndarray
    distances: np.ndarray

    @property
    def fit_error(self) -> float:
        """Root mean square of what the line misses."""
        missed = self.distances - (self.value + self.slope / self.sizes)
        return float(np.sqrt(np.mean(missed**2)))


def extrapolate(generated: np.ndarray, real: np.ndarray | Moments) -> Line:
    """The line through distances of N x F features, subsets from N / 2 to N, to M x F real ones.

    Near N = F the bias is no line in 1 / N: on Gaussians of a falling spectrum the result is 9%
    low from 2 F pictures and 1% from 3 F, where FID itself is 61% and 41% high (measured, F = 256).
    So 3 F is the least, InputError below.
    """
    theirs: Gaussian | Moments
    if isinstance(real, Moments):
        ours, theirs = checked(generated, "generated"), real
    else:
        ours, features = checked_pair(generated, real)
        theirs = Gaussian.of(features)
    least = LEAST * ours.shape[1]
    if len(ours) < least or (theirs.count is not None and theirs.count < 2):
        raise InputError(
            f"FID-infinity needs at least {least:,} generated pictures, {LEAST} for each feature, "
            f"and 2 real ones; here are {len(ours):,} and {theirs.count or 'nobody says how many'}"
        )
    sizes = np.linspace(len(ours) // 2, len(ours), SIZES).astype(int)
    distances = _distances(ours, theirs, sizes)
    slope, value = np.polyfit(1 / sizes, distances, 1)
    return Line(float(value), float(slope), sizes, distances)


def _distances(generated: np.ndarray, real: Gaussian | Moments, sizes: np.ndarray) -> np.ndarray:
    """Fréchet distances of random subsets; the real side's factor is found once."""
    random = np.random.default_rng(SEED)
    root, trace = factor(real), float(np.trace(real.covariance))
    found = []
    for size in sizes:
        part = Gaussian.of(generated[np.sort(random.permutation(len(generated))[:size])])
        step = part.mean - real.mean
        traces = float(np.trace(part.covariance)) + trace
        found.append(step @ step + traces - 2 * _overlap(part.covariance, root))
    return np.array(found)


def _overlap(covariance: np.ndarray, root: np.ndarray) -> float:
    """Tr (S1 S2)^(1/2) from S1 and the factor of S2 = L L^T: eigenvalues of L^T S1 L.

    Several times cheaper than singular values. A subset has more pictures than features, so that
    only constant features leave eigenvalues of rounding noise; those are dropped.
    """
    if not root.shape[1]:
        return 0.0
    values = np.linalg.eigvalsh(root.T @ covariance @ root)
    tolerance = max(values[-1], 0.0) * len(values) * np.finfo(np.float64).eps
    return float(np.sqrt(values[values > tolerance]).sum())


def measure(generated: Sample, real: Sample) -> Measurement:
    """The extrapolated distance of the pooled features."""
    moments = real.moments if real.pool is None else None
    line = extrapolate(generated.features(), moments or real.features())
    details = {
        "slope": line.slope,
        "fit_error": line.fit_error,
        "distance_of_all": float(line.distances[-1]),
        "smallest_subset": float(line.sizes[0]),
    }
    return Measurement(line.value, details, count_note(len(generated), len(real)))


FID_INFINITY = Metric(
    name="fid_infinity",
    title="FID-infinity",
    short="FD-infinity",
    needs=("pool",),
    better="lower",
    unit="",
    protocol={
        "covariance": "N-1",
        "fit": f"line in 1/N through {SIZES} random subsets of N/2 to N generated pictures",
        "seed": SEED,
    },
    version=1,
    measure=measure,
    about="FID as endless generated pictures would have it, read off a line in 1/N",
    jackknife=False,  # with pictures left out the line only leans on fewer
    from_moments=True,
)
