"""Inception Score (Salimans et al. 2016): sure of each picture's class, and many classes.

exp(H(mean_i p_i) - mean_i H(p_i)) with p_i the classifier's probabilities for picture i and H the
entropy; 1 at worst, the number of classes at best; the mean over splits. It knows no real picture.
"""

from itertools import pairwise

import numpy as np
from scipy.special import softmax, xlogy

from metrics import jackknife
from metrics.errors import InputError
from metrics.registry import Measurement, Metric
from metrics.sample import Sample, checked

SPLITS = 10
SEED = 2020  # of the shuffle before the splits; both as in torch-fidelity
LEAST = 10  # pictures in a split: no split can score more than it has pictures


def inception_scores(logits: np.ndarray, splits: int | None = None) -> np.ndarray:
    """The score of each split of N x C logits (without bias); None: as many as `splits_of` says."""
    return np.array([_score(p) for p in _split(logits, splits)])


def splits_of(count: int) -> int:
    """SPLITS, or fewer so that each has LEAST pictures; at least one."""
    return max(1, min(SPLITS, count // LEAST))


def standard_error(logits: np.ndarray) -> float | None:
    """Standard error of the mean score of N C logits: the delete-one jackknife in each split."""
    errors = [jackknife.spread(_without_one(p), len(p)) for p in _split(logits, None)]
    known = [error for error in errors if error is not None]
    return float(np.linalg.norm(known) / len(known)) if known else None


def _split(logits: np.ndarray, splits: int | None) -> list[np.ndarray]:
    """Probabilities n C of each split of the shuffled pictures."""
    wide = checked(logits, "generated")
    if len(wide) < 2:
        raise InputError(f"an Inception Score needs at least 2 pictures, here is {len(wide)}")
    splits = splits or splits_of(len(wide))
    order = np.random.RandomState(SEED).permutation(len(wide))
    edges = [part * len(wide) // splits for part in range(splits + 1)]
    probabilities = softmax(wide[order], axis=1)
    return [probabilities[a:b] for a, b in pairwise(edges)]


def _score(p: np.ndarray) -> float:
    return float(np.exp(_entropy(p.mean(axis=0)) - _entropy(p).mean()))


def _without_one(p: np.ndarray) -> np.ndarray:
    """The split's score with each of its pictures left out."""
    if len(p) < 2:
        return np.empty(0)
    entropies, rest = _entropy(p), len(p) - 1
    means = np.maximum((p.sum(axis=0) - p) / rest, 0.0)  # n C; rounding may go below 0
    return np.exp(_entropy(means) - (entropies.sum() - entropies) / rest)


def _entropy(p: np.ndarray) -> np.ndarray:
    return -xlogy(p, p).sum(axis=-1)


def measure(generated: Sample, real: Sample) -> Measurement:
    """Mean score of the splits of the generated pictures; the real ones do not matter."""
    assert generated.logits is not None
    scores = inception_scores(generated.logits)
    details = {"splits": float(len(scores)), "split_spread": float(scores.std())}
    value = float(scores.mean())
    return Measurement(value, details, _note(len(generated)), standard_error(generated.logits))


def _note(count: int) -> str:
    splits = splits_of(count)
    if splits == SPLITS:
        return ""
    parts = "one split" if splits == 1 else f"{splits} splits"
    return f"{parts} instead of {SPLITS}: {count} pictures, and a split needs {LEAST}"


INCEPTION_SCORE = Metric(
    name="is",
    title="Inception Score",
    short="IS",
    needs=("logits",),
    better="higher",
    unit="",
    protocol={
        "splits": f"{SPLITS}, fewer below {SPLITS * LEAST} pictures",
        "seed": SEED,
        "logits": "without bias",
    },
    version=1,
    measure=measure,
    kind="quality",
    about="how sure a classifier is of each picture, and of how many classes; sees no real one",
    jackknife=False,  # it brings its own, in closed form
    from_moments=True,  # the real side does not matter
)
