"""Kernel Inception Distance (Binkowski et al. 2018): the unbiased MMD^2 of two sets of features.

With the kernel k(x, y) = (x.y / F + 1)^3,
    MMD^2 = mean over i != j of k(x_i, x_j) + the same of y - 2 mean over i, j of k(x_i, y_j).
Unbiased: for pictures that are independent of the real ones it is right on average, whatever their
number, and so at times below 0. Copies come out clearly below 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metrics import jackknife
from metrics.errors import InputError
from metrics.registry import Measurement, Metric
from metrics.sample import Sample, checked_pair

SUBSETS = 100  # how many, how large and from which seed: as torch-fidelity 0.4.0 draws them
SUBSET_SIZE = 1000
SEED = 2020
BLOCK = 2**22  # kernel values held at a time, 32 MiB
CLEARLY = 3  # standard errors
OF_REFERENCE = "reference_error"  # among the details: the standard error over the real pictures
ALL_PAIRS = 10_000  # pictures on a side; beyond, the subsets alone hold fewer pairs


@dataclass(frozen=True)
class KernelSums:
    """Sums of the kernel over pairs of N generated and M real pictures, no picture with itself.

    own, cross: float64 N, of each generated picture with all generated, with all real ones.
    real, cross_real: float64 M, of each real picture with all real, with all generated ones.
    """

    own: np.ndarray
    cross: np.ndarray
    real: np.ndarray
    cross_real: np.ndarray

    def mmd(self) -> float:
        """The unbiased MMD^2 of all pictures."""
        sums, counts = (self.own.sum(), self.cross.sum()), (len(self.own), len(self.real))
        return float(_unbiased(*sums, self.real.sum(), *counts))

    def without_one(self) -> np.ndarray:
        """The same with each generated picture left out: float64 N, needs N of 3 or more."""
        own = self.own.sum() - 2 * self.own
        cross = self.cross.sum() - self.cross
        return _unbiased(own, cross, self.real.sum(), len(self.own) - 1, len(self.real))

    def turned(self) -> "KernelSums":
        """With real and generated pictures exchanged."""
        return KernelSums(self.real, self.cross_real, self.own, self.cross)


@dataclass(frozen=True)
class Estimate:
    """MMD^2, its standard error over generated pictures, and the values of the subsets if any.

    `of_reference` is the standard error over the real pictures, of few of them.
    """

    value: float
    error: float | None
    subsets: np.ndarray
    of_reference: float | None = None


def kernel_distance(generated: np.ndarray, real: np.ndarray) -> Estimate:
    """KID of N x F and M x F features.

    From SUBSET_SIZE pictures a side the mean over torch-fidelity's subsets; below, all pictures at
    once. InputError below 2 a side.
    """
    ours, theirs = checked_pair(generated, real)
    if min(len(ours), len(theirs)) < 2:
        raise InputError(
            f"a kernel distance needs at least 2 pictures on each side, "
            f"here are {len(ours)} generated and {len(theirs)} real ones"
        )
    if min(len(ours), len(theirs)) < SUBSET_SIZE:
        sums, _ = kernel_sums(ours, theirs)
        found = Estimate(sums.mmd(), _error(sums, len(ours)), np.empty(0))
        if len(theirs) >= SUBSET_SIZE:
            return found
        return replace(found, of_reference=_error(sums.turned(), len(theirs)))
    if max(len(ours), len(theirs)) > ALL_PAIRS:
        subsets = _by_subset(ours, theirs)
        sums, _ = kernel_sums(_few(ours), _few(theirs))
    else:
        sums, subsets = kernel_sums(ours, theirs, *_members(len(ours), len(theirs)))
    error = np.hypot(_error(sums, len(ours)) or 0.0, subsets.std() / np.sqrt(SUBSETS))
    return Estimate(float(subsets.mean()), float(error), subsets)


def draws(count: int, real_count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of the generated and of the real pictures of each subset."""
    random = np.random.RandomState(SEED)
    for _ in range(SUBSETS):
        yield (
            random.choice(count, SUBSET_SIZE, replace=False),
            random.choice(real_count, SUBSET_SIZE, replace=False),
        )


def kernel_sums(
    ours: np.ndarray,
    theirs: np.ndarray,
    of_ours: np.ndarray | None = None,
    of_theirs: np.ndarray | None = None,
) -> tuple[KernelSums, np.ndarray]:
    """Sums over all pairs, and MMD^2 of S subsets with 0/1 members S N and S M, in one pass."""
    of_ours = np.empty((0, len(ours))) if of_ours is None else of_ours
    of_theirs = np.empty((0, len(theirs))) if of_theirs is None else of_theirs
    own, _, own_subsets = _sums(ours, ours, of_ours, of_ours)
    real, _, real_subsets = _sums(theirs, theirs, of_theirs, of_theirs)
    cross, cross_real, cross_subsets = _sums(ours, theirs, of_ours, of_theirs)
    alone = _with_itself(ours), _with_itself(theirs)
    sums = KernelSums(own - alone[0], cross, real - alone[1], cross_real)
    own_subsets, real_subsets = (
        own_subsets - of_ours @ alone[0],
        real_subsets - of_theirs @ alone[1],
    )
    sizes = of_ours.sum(axis=1), of_theirs.sum(axis=1)
    return sums, _unbiased(own_subsets, cross_subsets, real_subsets, *sizes)


def _sums(
    x: np.ndarray, y: np.ndarray, of_x: np.ndarray, of_y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of the kernel matrix: of rows, N, of columns, M, and of the pairs within subsets, S."""
    rows, columns, subsets = np.empty(len(x)), np.zeros(len(y)), np.zeros(len(of_x))
    step = max(1, BLOCK // len(y))
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        block = _kernel(x[part], y)  # step M
        rows[part] = block.sum(axis=1)
        columns += block.sum(axis=0)
        subsets += np.einsum("sm,sm->s", of_x[:, part] @ block, of_y)
    return rows, columns, subsets


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    product = x @ y.T
    product /= x.shape[1]
    product += 1
    return product * product * product  # `**` is slower by far


def _with_itself(x: np.ndarray) -> np.ndarray:
    return (np.einsum("nf,nf->n", x, x) / x.shape[1] + 1) ** 3


def _unbiased(own: Any, cross: Any, real: Any, count: Any, real_count: Any) -> Any:
    """MMD^2 from sums of the kernel: numbers, or arrays of equal length."""
    return (
        own / (count * (count - 1))
        + real / (real_count * (real_count - 1))
        - 2 * cross / (count * real_count)
    )


def _members(count: int, real_count: int) -> tuple[np.ndarray, np.ndarray]:
    """The subsets as 0/1 rows, S N and S M."""
    members = np.zeros((SUBSETS, count)), np.zeros((SUBSETS, real_count))
    for subset, drawn in enumerate(draws(count, real_count)):
        for member, rows in zip(members, drawn, strict=True):
            member[subset, rows] = 1
    return members


def _by_subset(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    pairs = draws(len(ours), len(theirs))
    return np.array([kernel_sums(ours[rows], theirs[cols])[0].mmd() for rows, cols in pairs])


def _few(features: np.ndarray) -> np.ndarray:
    """At most ALL_PAIRS rows: enough to tell how far single pictures move the number."""
    if len(features) <= ALL_PAIRS:
        return features
    return features[np.random.default_rng(SEED).choice(len(features), ALL_PAIRS, replace=False)]


def _error(sums: KernelSums, count: int) -> float | None:
    """The delete-one jackknife; from some of `count` pictures it is scaled to all of them."""
    if len(sums.own) < 3:
        return None
    error = jackknife.spread(sums.without_one(), len(sums.own))
    return None if error is None else error * np.sqrt(len(sums.own) / count)


def measure(generated: Sample, real: Sample) -> Measurement:
    """KID of the pooled features, not multiplied by 1,000."""
    found = kernel_distance(generated.features(), real.features())
    notes = [below_zero(found)] if found.value < 0 else []
    if not len(found.subsets):
        notes.append(f"all pictures at once: below {SUBSET_SIZE:,} a side there are no subsets")
        other = {} if found.of_reference is None else {OF_REFERENCE: found.of_reference}
        return Measurement(found.value, other, "; ".join(notes), found.error)
    details = {"subset_spread": float(found.subsets.std()), "subsets": float(SUBSETS)}
    return Measurement(found.value, details, "; ".join(notes), found.error)


def below_zero(found: Estimate) -> str:
    """What a negative number means, which no distance can be."""
    if found.error and found.value < -CLEARLY * found.error:
        return "clearly below 0: are there copies of real pictures?"
    return "below 0 is normal for an estimate without bias where there is no difference"


KID = Metric(
    name="kid",
    title="KID",
    short="KD",
    needs=("pool",),
    better="lower",
    unit="",
    protocol={
        "kernel": "(x.y / F + 1)^3",
        "estimator": "unbiased MMD^2, float64",
        "subsets": f"{SUBSETS} of {SUBSET_SIZE}, seed {SEED}; all pictures at once where fewer",
    },
    version=1,
    measure=measure,
    about="a distance that few pictures do not bias; near 0 no difference, clearly below 0 copies",
    jackknife=False,  # it brings its own, in closed form
)
