"""How sure a mean over seeds is: Student's t, and the same for differences paired by seed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

CONFIDENCE = 0.95
MOST_SEEDS = 100  # beyond this many, asking for more seeds is no advice
QUANTILES = 1000  # of a spread, to take a mean over it
POWER = 0.8  # how often a planned number of seeds has to show a difference that is there


@dataclass(frozen=True)
class Interval:
    """A mean over `count` seeds with its confidence interval; no interval from fewer than two."""

    mean: float
    deviation: float | None  # sample standard deviation, N - 1
    half_width: float | None
    count: int

    @property
    def low(self) -> float:
        return self.mean - (math.inf if self.half_width is None else self.half_width)

    @property
    def high(self) -> float:
        return self.mean + (math.inf if self.half_width is None else self.half_width)

    @property
    def excludes_zero(self) -> bool:
        """Whether the sign of the mean is settled; never from one seed."""
        return self.low > 0 or self.high < 0


def over_seeds(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Mean of independent `values` with the interval of Student (1908); None without values."""
    count = len(values)
    if count == 0:
        return None
    mean = math.fsum(values) / count
    if count == 1:
        return Interval(mean, None, None, 1)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    return Interval(mean, deviation, t_factor(count, confidence) * deviation, count)


def paired(
    first: Mapping[int, float], second: Mapping[int, float], confidence: float = CONFIDENCE
) -> Interval | None:
    """Interval of first - second over the seeds that both have: the seeds' own spread cancels."""
    return over_seeds(differences(first, second), confidence)


def differences(first: Mapping[int, float], second: Mapping[int, float]) -> list[float]:
    """first - second for every seed that both have, in order of the seeds."""
    return [first[seed] - second[seed] for seed in sorted(first.keys() & second.keys())]


def p_values(found: Sequence[Interval]) -> list[float]:
    """Two-sided p of Student's t test that a mean is 0, for each interval of two values or more."""
    import numpy as np
    from scipy.stats import t

    mean, deviation, count = (
        np.array([getattr(one, name) for one in found], float)
        for name in ("mean", "deviation", "count")
    )
    spread = deviation > 0
    size = np.abs(mean) * np.sqrt(count) / np.where(spread, deviation, 1)
    p = 2 * t.sf(size, np.maximum(count - 1, 1))
    return [float(value) for value in np.where(spread, p, mean == 0)]


@lru_cache(maxsize=256)
def t_factor(count: int, confidence: float = CONFIDENCE) -> float:
    """Half-width of the interval of `count` values in standard deviations: 2.48 for 3 seeds."""
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, count - 1)) / math.sqrt(count)


def seeds_to_settle(
    difference: float, deviation: float | None, confidence: float = CONFIDENCE
) -> int | None:
    """Seeds with which a difference of this size and spread is told from 0 four times in five.

    None when no number up to 100 will do, or when one seed gave no spread to plan with.
    """
    if deviation is None or difference == 0:
        return None
    if deviation == 0:
        return 2
    size = abs(difference) / deviation
    counts = range(2, MOST_SEEDS + 1)
    return next((n for n in counts if power(size, n, confidence) >= POWER), None)


def power(size: float, count: int, confidence: float = CONFIDENCE) -> float:
    """How often the t test of `count` seeds tells a mean of `size` standard deviations from 0.

    The mean over what the spread of the seeds may come out as; scipy's noncentral t has gaps.
    """
    import numpy as np
    from scipy.stats import chi2, norm

    shares = (np.arange(QUANTILES) + 0.5) / QUANTILES
    spread = np.sqrt(chi2.ppf(shares, count - 1) / (count - 1))
    reach = t_factor(count, confidence) * math.sqrt(count) * spread
    away = size * math.sqrt(count)
    return float(np.mean(norm.sf(reach - away) + norm.cdf(-reach - away)))


def visible(count: int) -> float:
    """The difference in standard deviations that so many seeds, two or more, see so often."""
    from scipy.optimize import brentq

    highest = 3 * t_factor(count)
    return float(brentq(lambda size: power(size, count) - POWER, 0.0, highest))
