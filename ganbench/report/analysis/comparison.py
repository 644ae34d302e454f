"""The rows of every table and figure: one a model (and framework), its seeds side by side."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ganbench import price as prices
from ganbench.errors import InputError
from ganbench.price import Price
from ganbench.record import Baseline, Record, Results, Score
from ganbench.report import formatting, sanitize
from ganbench.report.analysis import intervals
from ganbench.report.analysis.intervals import Interval

CLEAN = "clean-fid"  # in the protocol's resize
COLOURS = 8  # in page.css: --c1 to --c8
LONG = 20  # characters of a name beyond which a table lets it wrap
MARKERS = "osD^vPX*"  # matplotlib's names; page.html draws the same shapes
SHOWN = 8  # models with pictures and lines of their own: more could be neither seen nor told apart
BEST = 4  # of them when there are more models
LISTED = 100  # models with a line of their own in the page's tables; comparison.csv has all
DOTS = 100  # seeds of a model that are drawn: more could not be told apart
LOSSES = 3  # of them with losses when there are more models: a figure of many lines each


@dataclass(frozen=True, eq=False)  # each is itself: comparing all of two takes long
class Row:
    """One model in one framework. `place` fixes its colour and marker on the whole page."""

    name: str
    label: str
    framework: str
    place: int
    runs: tuple[tuple[Path, Record], ...]  # by seed

    @property
    def colour(self) -> int:
        return self.place % COLOURS + 1

    @property
    def marker(self) -> str:
        return MARKERS[(self.place + self.place // COLOURS) % len(MARKERS)]

    @property
    def long(self) -> bool:
        return len(self.name) > LONG

    def shortened(self, length: int = 34) -> str:
        """The name in so many characters; what is cut is the label, never the framework."""
        ending = self.name.removeprefix(self.label)
        return formatting.shortened(self.label, length - len(ending)) + ending

    @cached_property
    def records(self) -> tuple[Record, ...]:
        return tuple(record for _, record in self.runs)

    @cached_property
    def _known(self) -> dict[str, dict[int, float]]:
        """Scores by metric and seed, as far as they were asked for."""
        return {}

    @cached_property
    def finished(self) -> tuple[Record, ...]:
        return tuple(record for record in self.records if record.status.name == "done")

    @cached_property
    def unfinished(self) -> tuple[Record, ...]:
        return tuple(record for record in self.records if record.status.name != "done")

    @property
    def imported(self) -> bool:
        """Was it trained elsewhere, so that it is shown and judged, and compared with nobody?"""
        return any(record.status.name == "imported" for record in self.records)

    @property
    def source(self) -> str:
        return self.records[0].source if self.records else "pictures"

    def values(self, metric: str) -> dict[int, float]:
        """Score by seed, of the runs that ended well."""
        if metric not in self._known:
            self._known[metric] = _values(self.finished, metric)
        return self._known[metric]

    def unfinished_values(self, metric: str) -> dict[int, float]:
        """Scores of runs that did not end well: shown, never averaged."""
        return _values(self.unfinished, metric)

    def imported_values(self, metric: str) -> dict[int, float]:
        """Scores of a model that was trained elsewhere."""
        return self.unfinished_values(metric) if self.imported else {}

    def survivors(self, metric: str) -> str:
        """Which seeds the mean is over, where some did not end well; otherwise empty."""
        if not self.unfinished or not (count := len(self.values(metric))):
            return ""
        endings = {record.status.name for record in self.unfinished}
        how = "did not collapse" if endings == {"collapsed"} else "ended well"
        of = len(self.records)
        who = (
            f"result of the one seed of {of}"
            if count == 1
            else f"mean of the {count} of {of} seeds"
        )
        return f"{who} that {how}"

    def interval(self, metric: str) -> Interval | None:
        return intervals.over_seeds(list(self.values(metric).values()))


def _values(records: Iterable[Record], metric: str) -> dict[int, float]:
    found = {}
    for record in records:
        score = record.scores.get(metric)
        if score is not None and score.value is not None and math.isfinite(score.value):
            found[record.seed] = score.value
    return found


@dataclass(frozen=True, eq=False)  # what is worked out of one is remembered by its identity
class Comparison:
    """All rows, best first, with the metric that decides and the rows that nobody trained."""

    rows: tuple[Row, ...]
    metrics: tuple[Score, ...]  # one example a metric, the primary first
    baselines: dict[str, Baseline]
    price: Price | None = None  # of an hour of the machine
    profile: str = ""  # whose settings the models have; empty in results that do not say

    @property
    def primary(self) -> Score | None:
        return self.metrics[0] if self.metrics else None

    @cached_property
    def shown(self) -> tuple[Row, ...]:
        """The rows with pictures and curves: of many the best, a middle one and the last."""
        if len(self.rows) <= SHOWN:
            return self.rows
        scored = self.scored(self.primary.metric) if self.primary else []
        if len(scored) < SHOWN:
            there = [row for row in self.rows if row.records and row not in scored]
            return (*scored, *there)[:SHOWN]
        rest = scored[BEST:]
        return (*scored[:BEST], rest[(len(rest) - 1) // 2], rest[-1])

    @property
    def listed(self) -> tuple[Row, ...]:
        """The rows that stand in the page's tables: the best of very many."""
        return self.rows[:LISTED]

    @cached_property
    def unshown(self) -> tuple[Row, ...]:
        shown = set(self.shown)
        return tuple(row for row in self.rows if row not in shown)

    def baseline(self, name: str, metric: str) -> float | None:
        """Value of the "floor" or "identity" row; None where it was not scored."""
        row = self.baselines.get(name)
        score = row.scores.get(metric) if row else None
        if score is None or score.value is None or not math.isfinite(score.value):
            return None
        return score.value

    def scored(self, metric: str) -> list[Row]:
        """Rows with a finished score, best first."""
        return sorted((row for row in self.rows if row.values(metric)), key=self._rank(metric))

    def _rank(self, metric: str) -> Callable[[Row], float]:
        sign = direction(self, metric)
        return lambda row: sign * math.fsum(row.values(metric).values()) / len(row.values(metric))


def direction(comparison: Comparison, metric: str) -> int:
    """+1 where lower is better, -1 where higher is."""
    return -1 if _better(comparison, metric) == "higher" else 1


def is_ranked(comparison: Comparison, metric: str) -> bool:
    """Whether either end of a metric is better."""
    return _better(comparison, metric) != "neither"


def _better(comparison: Comparison, metric: str) -> str:
    return next((score.better for score in comparison.metrics if score.metric == metric), "lower")


def compare(results: Results, price: Price | None = None) -> Comparison:
    """Group the runs of `results` into rows, the best by the primary metric first.

    `price`: instead of the suite's.
    """
    metrics = _metrics(results)
    baselines: dict[str, Baseline] = {row.name: row for row in results.baselines}
    profile = str(results.suite.get("profile") or "")
    comparison = Comparison(_rows(results), metrics, baselines, price or _price(results), profile)
    if not metrics:
        return comparison
    ranked = comparison.scored(metrics[0].metric)
    known = set(ranked)
    rest = [row for row in comparison.rows if row not in known]
    return replace(comparison, rows=(*ranked, *rest))


def _price(results: Results) -> Price | None:
    """What the suite says, unless it is damaged."""
    try:
        return prices.parse(str(results.suite.get("price") or ""))
    except InputError:
        return None


def _metrics(results: Results) -> tuple[Score, ...]:
    found: dict[str, Score] = {}
    scored = [record.scores for _, record in results.runs] + [
        row.scores for row in results.baselines
    ]
    for scores in scored:
        for key, score in scores.items():
            if key not in found or found[key].value is None:
                found[key] = score
    primary = results.suite.get("primary")
    return tuple(_named(found[key]) for key in sorted(found, key=lambda key: key != primary))


def _named(score: Score) -> Score:
    """A distance through clean-fid's resize may not pass for the plain one: FID (clean)."""
    clean = CLEAN in str(score.protocol.get("resize", ""))
    return replace(score, name=f"{score.name} (clean)") if clean else score


def _rows(results: Results) -> tuple[Row, ...]:
    groups: dict[tuple[str, str], dict[int, tuple[Path, Record]]] = {}
    for label in _texts(results, "models"):
        for framework in _texts(results, "frameworks"):
            groups[label, framework] = {}
    for path, record in results.runs:
        groups.setdefault((record.label, record.framework), {})[record.seed] = (path, record)
    several = len({framework for _, framework in groups}) > 1
    rows: list[Row] = []
    for (label, framework), runs in groups.items():
        name = f"{label} · {framework}" if several else label
        by_seed = tuple(runs[seed] for seed in sorted(runs))
        rows.append(Row(name, label, framework, len(rows), by_seed))
    return tuple(rows)


def _texts(results: Results, key: str) -> list[str]:
    value = results.suite.get(key)
    return [str(item) for item in value] if isinstance(value, list) else []


def drawn(values: Iterable[float]) -> Sequence[float]:
    """The seeds that are drawn: all, or of very many as many as can be told apart, evenly."""
    found = tuple(values)
    return found if len(found) <= DOTS else sanitize.thinned(tuple(sorted(found)), DOTS)


def not_all_drawn(rows: Iterable[Row]) -> str:
    """A sentence where a model has more seeds than are drawn."""
    if max((len(row.runs) for row in rows), default=0) <= DOTS:
        return ""
    return f" Of more than {DOTS} seeds at most {DOTS} are drawn, evenly from the lowest up."


def status_summary(row: Row) -> str:
    """3 of 3 done, or what became of the others."""
    if row.imported:
        return "imported"
    names = [record.status.name for record in row.records]
    others = [
        f"{names.count(name)} {name.replace('_', ' ')}"
        for name in dict.fromkeys(names)
        if name != "done"
    ]
    return ", ".join([f"{names.count('done')} of {len(names)} done", *others])


def is_measured(score: Score) -> bool:
    """Whether any run or untrained row has a number of this metric, of which `score` is one."""
    return score.value is not None and math.isfinite(score.value)
