"""Metrics of twins side by side: a value in each framework, their paired difference, a verdict."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ganbench.report import formatting
from ganbench.report.analysis import intervals, pairwise_tests, style_gap
from ganbench.report.analysis.comparison import Comparison, Row, is_measured
from ganbench.report.analysis.intervals import Interval
from ganbench.report.frameworks import pairs
from ganbench.report.frameworks.pairs import Twin


@dataclass(frozen=True)
class Measure:
    """A column of the main table that judges pictures."""

    head: str
    metric: str  # that it is measured on
    values: Callable[[Row], dict[int, float]]  # by finished seed
    better: str


@dataclass(frozen=True)
class Line:
    """One metric of one model in both frameworks; the difference is TensorFlow - PyTorch.

    The interval stands for itself; `apart` is Holm's word over all `among` lines that have one.
    """

    twin: Twin
    measure: Measure
    difference: Interval | None
    apart: bool = False
    among: int = 1

    @property
    def test(self) -> tuple[str, str]:
        """What is tested: the style gap is KID on another scale, and no test of its own."""
        return self.twin.label, self.measure.metric

    @property
    def sides(self) -> tuple[str, str]:
        first, second = (_spread(row, self.measure) for row in self.twin.rows)
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
    def verdict(self) -> str:
        if self.difference is None:
            return "no seed with this number in both"
        said = pairwise_tests.verdict(self.difference, self.apart, f"{self.among} differences")
        return said + self._better() * self.apart

    def _better(self) -> str:
        assert self.difference is not None
        if self.measure.better == "neither":
            return ""
        second = (self.difference.mean > 0) == (self.measure.better == "higher")
        return f": {pairs.SECOND if second else pairs.FIRST} is better"


def lines(comparison: Comparison, found: list[Twin]) -> list[Line]:
    """Every distance of the main table for every twin, with Holm's word on each difference."""
    made = [
        Line(twin, measure, _difference(twin, measure))
        for twin in found
        for measure in _measures(comparison)
        if any(measure.values(row) for row in twin.rows)
    ]
    p_values = {
        line.test: intervals.p_value(line.difference)
        for line in made
        if line.difference is not None and line.difference.half_width is not None
    }
    told = dict(zip(p_values, pairwise_tests.holm(list(p_values.values())), strict=True))
    return [replace(line, apart=told.get(line.test, False), among=len(told)) for line in made]


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


def _difference(twin: Twin, measure: Measure) -> Interval | None:
    return intervals.paired(measure.values(twin.tensorflow), measure.values(twin.pytorch))


def _spread(row: Row, measure: Measure) -> str:
    interval = intervals.over_seeds(list(measure.values(row).values()))
    return (
        formatting.MISSING
        if interval is None
        else formatting.spread(interval.mean, interval.half_width)
    )
