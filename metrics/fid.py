"""Fréchet Inception Distance (Heusel et al. 2017): how far apart two Gaussians of features lie.

d = |mu1 - mu2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)), covariances with N - 1, float64.
"""

import numpy as np

from metrics import jackknife
from metrics.errors import InputError
from metrics.gaussian import Gaussian
from metrics.registry import Measurement, Metric
from metrics.sample import Moments, Sample, checked_pair

ENOUGH = 2048  # pictures; below, the covariance of 2,048 features has not full rank


def frechet_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """Distance of N x F and M x F features; symmetric, never negative.

    Small sets are compared exactly from the features: the trace term is the nuclear norm of
    A B^T / sqrt((N-1)(M-1)), A and B centred (FastFID, arXiv 2009.14075). Larger ones, whose N x M
    matrix would outgrow a covariance, through their Gaussians.
    """
    _require_two(len(generated), len(real))
    if len(generated) * len(real) > generated.shape[-1] ** 2:
        return gaussian_distance(Gaussian.of(generated), Gaussian.of(real))
    ours, theirs = checked_pair(generated, real)
    step = ours.mean(axis=0) - theirs.mean(axis=0)
    a = (ours - ours.mean(axis=0)) / np.sqrt(len(ours) - 1)  # N F
    b = (theirs - theirs.mean(axis=0)) / np.sqrt(len(theirs) - 1)  # M F
    return _assemble(step, np.sum(a * a) + np.sum(b * b), a @ b.T)


def gaussian_distance(one: Gaussian, other: Gaussian | Moments) -> float:
    """Distance of two stored Gaussians of the same F; InputError where F differs.

    With S = L L^T the trace of (S1 S2)^(1/2) is the nuclear norm of L1^T L2: real by construction,
    and no root is drawn from rounding noise, because a factor has only the covariance's rank.
    """
    _require_two(one.count, 2 if other.count is None else other.count)
    if one.mean.shape != other.mean.shape:
        raise InputError("the two sets have different numbers of features: another extractor")
    traces = np.trace(one.covariance) + np.trace(other.covariance)
    return _assemble(one.mean - other.mean, traces, factor(one).T @ factor(other))


def _assemble(step: np.ndarray, traces: float, cross: np.ndarray) -> float:
    """The formula, from the difference of means, both traces, and L1^T L2."""
    if not cross.size:  # one side is a single point, its pictures identical
        return float(step @ step) + float(traces)
    overlap = float(np.linalg.svd(cross, compute_uv=False).sum())
    return max(0.0, float(step @ step) + float(traces) - 2 * overlap)


def factor(gaussian: Gaussian | Moments) -> np.ndarray:
    """L of S = L L^T, F x rank; eigenvalues below the rank tolerance are rounding noise."""
    values, vectors = np.linalg.eigh(gaussian.covariance)
    tolerance = values[-1] * len(values) * np.finfo(np.float64).eps
    kept = values > max(tolerance, 0.0)
    if gaussian.count is not None:  # N points span N - 1 directions
        kept[: max(0, len(values) - (gaussian.count - 1))] = False
    return vectors[:, kept] * np.sqrt(values[kept])


def _require_two(generated: int, real: int) -> None:
    if min(generated, real) < 2:
        raise InputError(
            f"a Fréchet distance needs at least 2 pictures on each side, "
            f"here are {generated} generated and {real} real ones"
        )


def sampling_error(generated: np.ndarray, real: np.ndarray) -> float | None:
    """Standard error of the distance over generated pictures: the grouped jackknife.

    The product of both sides is made once; every group left out then costs one small eigenvalue
    problem. None where the sets are too large for that.
    """
    if len(generated) * len(real) > generated.shape[-1] ** 2:
        return None
    ours, theirs = checked_pair(generated, real)
    middle = theirs.mean(axis=0)
    a, b = ours - middle, (theirs - middle) / np.sqrt(len(theirs) - 1)
    cross, squares, spread = a @ b.T, np.einsum("nf,nf->n", a, a), np.vdot(b, b)

    def without(group: np.ndarray) -> float:
        kept = np.delete(np.arange(len(a)), group)
        step, part = a[kept].mean(axis=0), cross[kept] - cross[kept].mean(axis=0)
        length = step @ step
        trace = (squares[kept].sum() - len(kept) * length) / (len(kept) - 1)
        overlap = _nuclear_norm(part) / np.sqrt(len(kept) - 1)
        return float(length + trace + spread - 2 * overlap)

    groups = jackknife.parts(len(a))
    if not groups:
        return None
    return jackknife.spread([without(group) for group in groups], len(a), len(groups[0]))


def _nuclear_norm(matrix: np.ndarray) -> float:
    """Sum of singular values to about 8 digits, from the smaller of its two squares."""
    square = matrix @ matrix.T if len(matrix) < matrix.shape[1] else matrix.T @ matrix
    return float(np.sqrt(np.maximum(np.linalg.eigvalsh(square), 0)).sum())


def count_note(generated: int, real: int) -> str:
    """What to say beside a distance of so few pictures; empty when there are enough.

    Of real pictures, 0 are a number that nobody says.
    """
    real = real or ENOUGH
    if min(generated, real) >= ENOUGH:
        return ""
    side, count = ("generated", generated) if generated < real else ("reference", real)
    return f"{count:,} {side} pictures: below {ENOUGH:,} the distance is biased upwards"


def measure(generated: Sample, real: Sample) -> Measurement:
    """Fréchet distance of the pooled features."""
    if real.pool is None and real.moments:
        value = gaussian_distance(Gaussian.of(generated.features()), real.moments)
    else:
        value = frechet_distance(generated.features(), real.features())
    return Measurement(value, {}, count_note(len(generated), len(real)))


FID = Metric(
    name="fid",
    title="FID",
    short="FD",
    needs=("pool",),
    better="lower",
    unit="",
    protocol={"covariance": "N-1", "distance": "nuclear norm, float64"},
    version=1,
    measure=measure,
    error=lambda generated, real: sampling_error(generated.features(), real.features()),
    about="distance of two Gaussians fitted to what the network sees; too high for few pictures",
    from_moments=True,
)
