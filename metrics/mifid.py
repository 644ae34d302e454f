"""Memorisation-informed FID (Bai et al. 2021) in Kaggle's direction.

d = mean over generated of (min over real of 1 - |cos|); MiFID = FID / d where d < eps, else FID.
TorchMetrics takes the mean over the real pictures instead and so misses a generator that copies a
few of them.
"""

import numpy as np

from metrics.errors import InputError
from metrics.fid import count_note, frechet_distance
from metrics.registry import Measurement, Metric
from metrics.sample import Sample, checked_pair

EPSILON = 0.1  # the authors' value for Inception; Kaggle never published its own
FLOOR = 1e-15  # the authors' floor: a set of copies must not score a perfect 0 / 0
BLOCK = 1024  # generated pictures compared at a time


def nearest_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """Mean cosine distance of each generated picture to its nearest real one, 0 to 1.

    Takes N x F and M x F features. Rows of zeros have no direction and are left out; with no row
    left on one side nothing is near, and the distance is 1.
    """
    found = nearest_distances(generated, real)
    return float(found.mean()) if len(found) else 1.0


def nearest_distances(generated: np.ndarray, real: np.ndarray) -> np.ndarray:
    """That distance of each generated picture whose row is not of zeros, float64.

    None where all rows of one side are.
    """
    ours, theirs = (_directions(side) for side in checked_pair(generated, real))
    if not len(ours) or not len(theirs):
        return np.empty(0)
    blocks = (ours[start : start + BLOCK] for start in range(0, len(ours), BLOCK))
    closest = np.concatenate([np.abs(block @ theirs.T).max(axis=1) for block in blocks])
    return np.clip(1 - closest, 0.0, 1.0)


def _directions(features: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    kept = length[:, 0] > 0
    return features[kept] / length[kept]


def penalise(distance: float, nearest: float, epsilon: float = EPSILON) -> tuple[float, float]:
    """(penalised distance, penalty factor) for a Fréchet distance and a nearest distance.

    InputError for an epsilon outside (0, 1].
    """
    if not 0 < epsilon <= 1:
        raise InputError(f"epsilon must lie in (0, 1], not {epsilon}")
    penalty = 1 / max(nearest, FLOOR) if nearest < epsilon else 1.0
    return max(distance, FLOOR) * penalty, penalty


def measure(generated: Sample, real: Sample) -> Measurement:
    """Fréchet distance of the pooled features, raised where the nearest distance shows copying."""
    distance = frechet_distance(generated.features(), real.features())
    nearest = nearest_distance(generated.features(), real.features())
    value, penalty = penalise(distance, nearest)
    details = {"frechet_distance": distance, "nearest_distance": nearest, "penalty": penalty}
    return Measurement(value, details, _note(nearest, penalty, len(generated), len(real)))


def _note(nearest: float, penalty: float, generated: int, real: int) -> str:
    copying = f"copying penalty {penalty:.3g}x" if penalty > 1 else "no copying penalty"
    parts = [
        f"{copying} (nearest distance {nearest:.2g}, eps {EPSILON} assumed)",
        "a local estimate: Kaggle's reference is not the pictures at hand",
        count_note(generated, real),
    ]
    return "; ".join(part for part in parts if part)


MIFID = Metric(
    name="mifid",
    title="MiFID",
    short="MiFD",
    needs=("pool",),
    better="lower",
    unit="",
    protocol={
        "covariance": "N-1",
        "distance": "nuclear norm, float64",
        "nearest": "mean over generated of the minimum over real of 1 - |cos|",
        "epsilon": EPSILON,
        "epsilon_source": "assumed: Kaggle never published its own",
        "estimate": "local: Kaggle's reference is not the pictures at hand",
    },
    version=1,
    measure=measure,
    official_only=True,  # eps: other features lie nearer to each other or farther apart
    about="FID, raised where samples are near copies of real pictures; what Kaggle ranks by",
)
