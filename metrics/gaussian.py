"""Features -> mean and covariance in float64, in one pass; shards add up."""

from dataclasses import dataclass

import numpy as np

from metrics.errors import InputError
from metrics.sample import checked

BLOCK = 4096  # rows turned to float64 at a time, so that memory does not grow with N


@dataclass(frozen=True)
class Gaussian:
    """Count, mean (F) and scatter (F F, sum of outer products about the mean) of N x F features.

    The scatter about the mean says the same as the raw sum of outer products and loses no digits
    to a large mean; two of them merge exactly (Chan, Golub & LeVeque 1983).
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def empty(cls, dimension: int) -> "Gaussian":
        """The statistics of no pictures: where a stream begins."""
        return cls(0, np.zeros(dimension), np.zeros((dimension, dimension)))

    @classmethod
    def of(cls, features: np.ndarray) -> "Gaussian":
        """Statistics of N x F features, which may be a memory map, read in blocks."""
        result = cls.empty(features.shape[-1])
        for start in range(0, len(features), BLOCK):
            result = result + cls._of_block(checked(features[start : start + BLOCK], "the"))
        return result

    @classmethod
    def _of_block(cls, block: np.ndarray) -> "Gaussian":
        mean = block.mean(axis=0)
        centred = block - mean
        return cls(len(block), mean, centred.T @ centred)

    def __add__(self, other: "Gaussian") -> "Gaussian":
        """Statistics of both sets together."""
        if not self.count or not other.count:
            return self if self.count else other
        count = self.count + other.count
        step = other.mean - self.mean
        mean = self.mean + step * (other.count / count)
        between = np.outer(step, step) * (self.count * other.count / count)
        return Gaussian(count, mean, self.scatter + other.scatter + between)

    @property
    def covariance(self) -> np.ndarray:
        """F F, divided by N - 1 as TTUR's numpy.cov does; InputError below 2 pictures."""
        if self.count < 2:
            raise InputError(f"a covariance needs at least 2 pictures, here are {self.count}")
        return self.scatter / (self.count - 1)
