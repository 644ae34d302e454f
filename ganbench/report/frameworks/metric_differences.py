"""Metrics side by side: a value in each framework, their paired difference, a verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ganbench.report import formatting
from ganbench.report.analysis import intervals, pairwise_tests, style_gap
from ganbench.report.analysis.comparison import Comparison, Row, is_measured
from ganbench.report.analysis.intervals import Interval
from ganbench.report.analysis.pairwise_tests import Pair
from ganbench.report.frameworks import pairs
from ganbench.report.frameworks.pairs import PairedModel


@dataclass(frozen=True)
class Measure:
    """A column of the main table that measures pictures."""

    head: str
    metric: str  # that it is measured on
    values: Callable[[Row], dict[int, float]]  # by finished seed
    better: str


@dataclass(frozen=True)
class Line:
    """One metric of one model in both frameworks; the difference is TensorFlow - PyTorch.

    `pair` is that of the metric's pairwise tests, as everywhere on the page: the style gap is KID
    on another scale, and no test of its own.
    """

    paired: PairedModel
    measure: Measure
    difference: Interval | None
    pair: Pair | None

    @property
    def sides(self) -> tuple[str, str]:
        first, second = (_spread(row, self.measure) for row in self.paired.rows)
        return first, second

    @property
    def text(self) -> str:
        """The difference and its interval: −0.4 (−2.0 to 1.2)."""
        found = self.difference
        if found is None:
            return formatting.MISSING
        if found.half_width is None:
            return formatting.number(found.mean)
        like = max(abs(found.low), abs(found.high))
        return f"{formatting.number(found.mean, like)} {formatting.between(found.low, found.high)}"

    @property
    def told_apart(self) -> bool:
        return self.pair is not None and self.pair.test.told_apart

    @property
    def verdict(self) -> str:
        if self.pair is None or self.difference is None:
            return "no seed with this number in both"
        return self.pair.verdict + (f": {self.better}" if self.better else "")

    @property
    def better(self) -> str:
        """Which framework is better, where they are told apart and the metric has a better end."""
        better = self.pair.better if self.pair and self.measure.better != "neither" else None
        return f"{pairs.TITLES[better.framework]} is better" if better else ""


def lines(comparison: Comparison, found: list[PairedModel]) -> list[Line]:
    """Every distance of the main table for every paired."""
    made = []
    for measure in _measures(comparison):
        tested = pairwise_tests.by_places(comparison, measure.metric)
        made += [
            Line(paired, measure, _difference(paired, measure),
                 tested.get(frozenset(row.place for row in paired.rows)))
            for paired in found
            if any(measure.values(row) for row in paired.rows)
        ]  # fmt: skip
    return made


def _measures(comparison: Comparison) -> list[Measure]:
    """The metric that decides, the style gap and the other distances."""
    distances = [s for s in comparison.metrics[1:] if s.kind == "distance" and is_measured(s)]
    made = [
        Measure(formatting.heading(s), s.metric, _values(s.metric), s.better)
        for s in (*comparison.metrics[:1], *distances)
    ]
    ends = style_gap.scale(comparison)
    if ends is not None:
        by_seed = partial(style_gap.by_seed, ends=ends)
        made.insert(1, Measure(f"{style_gap.NAME} (%) ↑", ends.kid.metric, by_seed, "higher"))
    return made


def _values(metric: str) -> Callable[[Row], dict[int, float]]:
    return lambda row: row.values(metric)


def _difference(paired: PairedModel, measure: Measure) -> Interval | None:
    return intervals.paired(measure.values(paired.tensorflow), measure.values(paired.pytorch))


def _spread(row: Row, measure: Measure) -> str:
    interval = intervals.over_seeds(list(measure.values(row).values()))
    return (
        formatting.MISSING
        if interval is None
        else formatting.spread(interval.mean, interval.half_width)
    )
