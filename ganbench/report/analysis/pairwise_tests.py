"""Which models can be told apart: every pair of a suite, by paired t tests of one metric.

This is the one rule that every statement of the page asks: bold numbers, the verdict, figures,
tables and letters. The more pairs, the more of them seem apart by chance. Holm (1979) corrects for
that: the smallest of n p-values has to reach 5 % / n, the next one 5 % / (n - 1), and so on until
one does not. The family is all pairs of a suite that have two seeds or more in common, metric by
metric. A model beside a fixed number, as the untouched photographs are, is no pair of models and
enters no family: that is said of the best alone, by its own interval.

Of very many models each is held against the best alone, and is told apart at 5 % / n, where n is
the number of all pairs that there would be (Bonferroni): Holm's word on all would tell these apart
as well.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ganbench.report import formatting
from ganbench.report.analysis import intervals
from ganbench.report.analysis.comparison import Comparison, Row, direction, is_ranked
from ganbench.report.analysis.intervals import Interval

LEVEL = 1 - intervals.CONFIDENCE  # at most such a chance of any false "told apart" in a family
NAMED = 3  # pairs that a sentence names
MOST_PAIRS = 300  # in a table
EVERY_TWO = 300  # models; of more each is held against the best alone


@dataclass(frozen=True)
class PairedTest:
    """A difference paired by seed, and whether Holm tells it from 0 among all of its family.

    The interval stands for itself; `family` counts the differences that have one.
    """

    difference: Interval | None
    told_apart: bool = False
    family: int = 0
    level: float = LEVEL  # that Holm asks of the largest p-value of the family that is left

    @property
    def has_interval(self) -> bool:
        return self.difference is not None and self.difference.half_width is not None

    @property
    def significant_alone(self) -> bool:
        """Whether the interval leaves out 0, and yet not clearly enough for so large a family."""
        settled = self.difference is not None and self.difference.excludes_zero
        return settled and not self.told_apart and self.family > 1

    def verdict(self, members: str) -> str:
        """What a difference says; `members` is what the family is made of."""
        if not self.has_interval:
            return "one seed: no interval"
        if self.told_apart:
            return "told apart"
        return "cannot be told apart" + (f" among {self.family} {members}" * self.significant_alone)

    @property
    def seeds_to_settle(self) -> int | None:
        """Seeds after which Holm would tell such a difference from 0, the others as they are."""
        if self.difference is None:
            return None
        mean, deviation = self.difference.mean, self.difference.deviation
        needed = intervals.seeds_to_settle(mean, deviation, 1 - self.level)
        return needed and max(needed, self.difference.count + 1)


@dataclass(frozen=True)
class Pair:
    """Two models, the better first on average; the difference is second - first.

    It counts towards better: positive says that the first one is better.
    """

    first: Row
    second: Row
    test: PairedTest

    @property
    def better(self) -> Row | None:
        """The model that is told apart as the better one; means over all seeds may rank others."""
        if not self.test.told_apart or self.test.difference is None:
            return None
        return self.first if self.test.difference.mean > 0 else self.second

    def other(self, row: Row) -> Row:
        return self.second if row is self.first else self.first

    @property
    def difference(self) -> str:
        found = self.test.difference
        return formatting.MISSING if found is None else formatting.number(found.mean)

    @property
    def interval(self) -> str:
        found = self.test.difference
        if found is None or found.half_width is None:
            return formatting.MISSING
        return formatting.between(found.low, found.high)

    @property
    def verdict(self) -> str:
        return self.test.verdict("pairs") if self.test.difference else "no seed in common"


def family(differences: Sequence[Interval | None], size: int | None = None) -> list[PairedTest]:
    """Holm's word on each difference of a family; one without an interval is no member.

    size: of the whole family where these are only some of it; then it is Bonferroni's word.
    """
    members = [found for found in differences if found and found.half_width is not None]
    p_values = intervals.p_values(members)
    told = holm(p_values) if size is None else [p <= LEVEL / size for p in p_values]
    count = len(members) if size is None else size
    level = LEVEL / max(1, len(members) - sum(told)) if size is None else LEVEL / size
    words = iter(told)
    return [
        PairedTest(
            found, bool(found and found.half_width is not None and next(words)), count, level
        )
        for found in differences
    ]


@lru_cache(maxsize=64)
def pairs(comparison: Comparison, metric: str | None = None) -> tuple[Pair, ...]:
    """Every two models with a score, best first; of the metric that decides where none is named.

    Of more than `EVERY_TWO` models the pairs of the best contender and each other one.
    """
    if comparison.primary is None:
        return ()
    metric = metric or comparison.primary.metric
    values = [(row, row.values(metric)) for row in comparison.scored(metric)]
    sign = direction(comparison, metric)
    both, size = _chosen(values, is_every_two(comparison, metric))
    differences = [
        intervals.paired(second, first) if sign > 0 else intervals.paired(first, second)
        for (_, first), (_, second) in both
    ]
    tests = family(differences, size)
    return tuple(
        Pair(first, second, test)
        for ((first, _), (second, _)), test in zip(both, tests, strict=True)
    )


def is_every_two(comparison: Comparison, metric: str) -> bool:
    """Are there few enough models for all pairs?"""
    return sum(bool(row.values(metric)) for row in comparison.rows) <= EVERY_TWO


Scored = tuple[Row, dict[int, float]]


def _chosen(
    values: list[Scored], every_two: bool
) -> tuple[list[tuple[Scored, Scored]], int | None]:
    """All pairs; or the best contender beside each other model, and how many all would be."""
    if every_two:
        return list(itertools.combinations(values, 2)), None
    several = sum(len(seeds) > 1 for _, seeds in values)
    place = next((i for i, (_, seeds) in enumerate(values) if len(seeds) > 1), 0)
    best = values[place]
    both = [(one, best) for one in values[:place]] + [(best, one) for one in values[place + 1 :]]
    return both, max(1, several * (several - 1) // 2)


def by_places(comparison: Comparison, metric: str) -> dict[frozenset[int], Pair]:
    """Every pair by the places of its two models."""
    return {frozenset((p.first.place, p.second.place)): p for p in pairs(comparison, metric)}


def contenders(comparison: Comparison, metric: str) -> list[Row]:
    """Models that can be the best, best first: those with two finished seeds, or else all."""
    ranked = comparison.scored(metric)
    return [row for row in ranked if len(row.values(metric)) > 1] or ranked


def against_best(comparison: Comparison, metric: str) -> list[Pair]:
    """The pair of the best contender and each other model with a score, in their order."""
    best = contenders(comparison, metric)[:1]
    return [p for p in pairs(comparison, metric) if best and best[0] in (p.first, p.second)]


def tied_with_best(comparison: Comparison, metric: str) -> set[str]:
    """Names of the best contender and of all that it is not told apart from as the better one.

    None where neither end of a metric is better.
    """
    if not is_ranked(comparison, metric):
        return set()
    best = contenders(comparison, metric)[:1]
    tied = [p for p in against_best(comparison, metric) if p.better is not best[0]]
    return {row.name for pair in tied for row in (pair.first, pair.second)} | {r.name for r in best}


def holm(p_values: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Which hypotheses Holm's step-down rejects, at most `level` chance of any false rejection."""
    rejected = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > level / (len(p_values) - rank):
            break
        rejected[place] = True
    return rejected


def finding(found: Sequence[Pair]) -> str:
    """What all pairs together say, in a sentence."""
    if not found:
        return ""
    untested = [pair for pair in found if not pair.test.has_interval]
    equal = [pair for pair in found if pair.test.has_interval and not pair.test.told_apart]
    if not untested and not equal:
        what = "frameworks" if found[0].first.label == found[0].second.label else "models"
        both = f"The two {what} are" if len(found) == 1 else f"All {len(found)} pairs are"
        return f"{both} told apart."
    apart = len(found) - len(untested) - len(equal)
    said = [f"{apart} of {formatting.plural(len(found), 'pair')} told apart"]
    said += [f"cannot be told apart: {_named(equal)}"] if equal else []
    said += [f"too few seeds to say: {_named(untested)}"] if untested else []
    return "; ".join(said) + "."


def _named(found: Sequence[Pair]) -> str:
    names = [f"{pair.first.name} and {pair.second.name}" for pair in found[:NAMED]]
    more = len(found) - NAMED
    return ", ".join(names + ([formatting.plural(more, "more pair")] if more > 0 else []))
