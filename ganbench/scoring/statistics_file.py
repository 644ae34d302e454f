"""A .npz with the mean and covariance of features: what pytorch-fid and clean-fid keep of a set.

Members `mu` (F) and `sigma` (F F, N - 1). Ours holds besides `n`, of how many pictures, and
`protocol`, as JSON text, what made the features; other programs read past both.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.errors import InputError
from ganbench.scoring.array_set import PICKLED, SAVE, members, opened_member, read_header
from ganbench.scoring.lazy_extractor import LazyExtractor
from ganbench.system import files
from ganbench.system.text import shown
from metrics.extractors import registry
from metrics.gaussian import Gaussian
from metrics.registry import Metric
from metrics.sample import Moments

MEAN, COVARIANCE = "mu", "sigma"
# Those of guided-diffusion that end with _s are of another layer, and are not read.
MEMBERS = {f"{name}.npy" for name in (MEAN, COVARIANCE, "mu_s", "sigma_s", "n", "protocol")}
MOST_BYTES = 2**30  # of one array: 11,000 features
SYMMETRIC = 1e-4  # of the largest number; some keep float32
POSITIVE = 1e-2  # likewise: some keep float16


@dataclass
class StatisticsSide:
    """The real side of a comparison of which only this is known."""

    path: str
    moments: Moments
    protocol: dict[str, Any] | None  # None: nobody says what made the features
    content: str
    notes: tuple[str, ...] = ()
    pieces: tuple[bytes, ...] = ()
    size: None = None
    largest: tuple[int, int] = (0, 0)
    array: None = None
    broken: dict[int, str] = field(default_factory=dict)

    @property
    def at_most(self) -> int:
        return self.moments.count or 0

    def why_not(self, metric: Metric) -> str:
        """Why this metric cannot be asked of them; empty where it can."""
        if metric.from_moments and "pictures" not in metric.needs:
            return ""
        return f"{self.path} holds the mean and covariance of features, and no pictures"

    def check(self, extractor: LazyExtractor) -> str:
        """A word on what these numbers presume; InputError when another network made them."""
        spec, count = extractor.choices.spec, len(self.moments.mean)
        if count != spec.features:
            raise InputError(
                f"{self.path} is of {count:,} features a picture, {extractor.name} gives "
                f"{spec.features:,}",
                _of_other_extractors(count),
            )
        now = extractor.protocol()
        if self.protocol is None:
            return (
                f"{self.path} does not say what made its statistics: they are taken for those of "
                f"{now['extractor']}, resize {now['resize']}"
            )
        for name in {**self.protocol, **now}:
            theirs, ours = self.protocol.get(name), now.get(name)
            if theirs != ours:
                raise InputError(
                    f"the statistics in {self.path} were made with {shown(name)} "
                    f"{shown(str(theirs))}, here it is {ours}",
                    "score under the same --extractor, --protocol, --precision and --engine",
                )
        return ""

    def name(self, place: int) -> str:
        """What a picture is called in a sentence."""
        return f"picture {place}"

    def skipped(self) -> dict[str, str]:
        """Nobody says what was left out."""
        return {}

    def begin(self) -> None:
        """There is nothing to decode."""

    def parts(self, count: int) -> Iterator[np.ndarray]:
        """There are no pictures."""
        return iter(())


def _of_other_extractors(features: int) -> str:
    fitting = [n for n in registry.BUILT_IN if registry.get(n).features == features]
    if not fitting:
        return "no extractor here gives so many: take statistics of another, or the pictures"
    return " or ".join(f"--extractor {name}" for name in fitting)


def is_statistics(names: Sequence[str]) -> bool:
    """Do members of these names make statistics, or would they if one were not missing?"""
    here = {f"{MEAN}.npy", f"{COVARIANCE}.npy"} & set(names)
    return len(here) == 2 or (bool(here) and set(names) <= MEMBERS)


def open_statistics(path: str, file: Path) -> StatisticsSide:
    """Read a mean and a covariance; InputError with what is wrong with them."""
    there = members(path, file)
    for name in (MEAN, COVARIANCE):
        if f"{name}.npy" not in there:
            raise InputError(f"{path} holds statistics without {name}", SAVE)
    mean, covariance = (_numbers(path, file, name) for name in (MEAN, COVARIANCE))
    _check(path, mean, covariance)
    count = _array(path, file, "n") if "n.npy" in there else np.zeros(())
    known = count.shape == () and count.dtype.kind in "iuf" and 2 <= count < 2**53
    moments = Moments(int(count) if known else None, mean, covariance)
    protocol = _protocol(path, file) if "protocol.npy" in there else None
    digest = hashlib.sha256(mean.tobytes())
    digest.update(covariance.tobytes())
    return StatisticsSide(path, moments, protocol, digest.hexdigest())


def _check(path: str, mean: np.ndarray, covariance: np.ndarray) -> None:
    """InputError unless they are of one Gaussian."""
    if mean.ndim != 1 or not mean.size:
        raise InputError(f"{MEAN} of {path} has the shape {mean.shape}; a mean has one axis", SAVE)
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1]:
        raise InputError(
            f"{COVARIANCE} of {path} has the shape {covariance.shape}; a covariance is square", SAVE
        )
    if len(mean) != len(covariance):
        raise InputError(
            f"{path} is not of one set: {MEAN} has {len(mean):,} numbers, {COVARIANCE} "
            f"{len(covariance):,} rows",
            SAVE,
        )
    for name, array in ((MEAN, mean), (COVARIANCE, covariance)):
        if not np.isfinite(array).all():
            raise InputError(f"{name} of {path} holds a NaN or an infinity", SAVE)
    most = np.abs(covariance).max()
    if np.abs(covariance - covariance.T).max() > SYMMETRIC * most:
        raise InputError(f"{COVARIANCE} of {path} is not symmetric, so no covariance", SAVE)
    try:  # of no direction, however turned, is the variance plainly below 0
        np.linalg.cholesky(covariance + (POSITIVE * most or 1) * np.eye(len(mean)))
    except np.linalg.LinAlgError:
        raise InputError(
            f"{COVARIANCE} of {path} has a variance below 0, so is none", SAVE
        ) from None


def _numbers(path: str, file: Path, name: str) -> np.ndarray:
    array = _array(path, file, name)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} of {path} holds {array.dtype}, no real numbers", SAVE)
    return array.astype(np.float64)


def _array(path: str, file: Path, name: str) -> np.ndarray:
    """One array, read whole: no more of it than a covariance may take, and never unpickled."""
    with opened_member(path, file, f"{name}.npy") as stream:
        try:
            header = read_header(stream)
            size = math.prod(header.shape) * header.dtype.itemsize
        except Exception:  # a header is a piece of Python text, and can be wrong in as many ways
            raise InputError(f"{name} of {path} is no readable array", SAVE) from None
        if header.dtype.hasobject:
            raise InputError(f"{name} of {path} {PICKLED}", SAVE)
        if not 0 <= size <= MOST_BYTES:
            raise InputError(f"{name} of {path} has the shape {header.shape}, far too large", SAVE)
        data = stream.read(size)
    if len(data) < size:
        raise InputError(f"{path} is cut: {name} ends too early")
    return np.ndarray(header.shape, header.dtype, data, order="F" if header.fortran else "C")


def _protocol(path: str, file: Path) -> dict[str, Any]:
    try:
        told = json.loads(str(_array(path, file, "protocol")))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise InputError(
            f"what {path} says of its protocol is damaged", "ganbench score --save-stats"
        )
    return told


def refuse_other(file: Path) -> None:
    """InputError for a file that is there and holds anything else, which would be lost."""
    if file.exists() and not is_statistics(members(str(file), file)):
        raise InputError(f"{file} is there already and holds no statistics", "name another file")


def write(file: Path, gaussian: Gaussian, protocol: dict[str, Any]) -> None:
    """Write statistics that other programs read too; InputError for fewer than 2 pictures."""
    covariance = gaussian.covariance
    told = np.array(json.dumps(protocol, sort_keys=True))
    with files.building(file) as draft, files.writing(file), open(draft, "wb") as out:
        np.savez(out, mu=gaussian.mean, sigma=covariance, n=gaussian.count, protocol=told)
