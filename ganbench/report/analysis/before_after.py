"""What became of every model from one result to another, by the page's one rule.

Differences are paired by seed, after - before: the same seed sees the same batches and starts from
the same weights, so that its own luck cancels. Holm (`pairwise_tests`) decides over all models that
have an interval. Without two seeds in common there is no interval, and nothing is told apart: a
rule for seeds that are not shared would be a second one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import comparability, intervals, pairwise_tests
from ganbench.report.analysis.comparability import Side
from ganbench.report.analysis.comparison import Row
from ganbench.report.analysis.intervals import Interval
from ganbench.report.formatting import STATUS_WORDS

BETTER, WORSE, CANNOT_TELL, NOT_COMPARABLE = "better", "worse", "cannot tell", "not comparable"
BROKE, MENDED, NEW, GONE = "broke", "mended", "new", "gone"
NO_SEED = "no seed in common: no interval"


@dataclass(frozen=True)
class Change:
    """One model, one metric. The means are over the seeds of both, where there are such."""

    name: str
    label: str
    framework: str
    verdict: str
    reasons: tuple[str, ...] = ()
    before: float | None = None
    after: float | None = None
    ended: str = ""  # what its runs came to, where none ended well
    seeds: tuple[int, ...] = ()  # that both have
    difference: Interval | None = None  # after - before
    lost: tuple[str, ...] = ()  # seeds that ended well before and not after

    @property
    def amount(self) -> float | None:
        """after - before of the means; None where they may not be compared."""
        if self.verdict == NOT_COMPARABLE or self.before is None or self.after is None:
            return None
        return self.after - self.before


def changes(before: Side, after: Side, score: Score) -> list[Change]:
    """Every model of either side: in the order of what came after, then those that are gone."""
    keys = list(dict.fromkeys([*after.rows, *before.rows]))
    several = len({framework for _, framework in keys}) > 1
    found = [_change(before, after, key, score.metric, several) for key in keys]
    tests = pairwise_tests.family([change.difference for change in found])
    return [_judged(change, test, score) for change, test in zip(found, tests, strict=True)]


def _change(before: Side, after: Side, key: tuple[str, str], metric: str, several: bool) -> Change:
    first, second = before.rows.get(key), after.rows.get(key)
    label, framework = key
    name = f"{label} · {framework}" if several else label
    values = [row.values(metric) if row else {} for row in (first, second)]
    means = [_mean(list(of.values())) for of in values]
    change = Change(name, label, framework, CANNOT_TELL, before=means[0], after=means[1])
    if first is None or second is None:
        there = first or second
        assert there is not None
        return replace(change, verdict=NEW if first is None else GONE, ended=_ending(there))
    lost = _lost(first, second)
    change = replace(change, ended=_ending(second) or _ending(first), lost=lost)
    if not first.finished or not second.finished:
        return _without(change, first, second)
    if not all(values):
        return replace(change, reasons=(_no_number(first, second, metric),))
    if why := comparability.obstacles(before, after, key, metric):
        return replace(change, verdict=NOT_COMPARABLE, reasons=tuple(why))
    shared = tuple(sorted(values[0].keys() & values[1].keys()))
    if not shared:
        return replace(change, reasons=(NO_SEED,))
    means = [_mean([of[seed] for seed in shared]) for of in values]
    return replace(
        change, before=means[0], after=means[1], seeds=shared,
        reasons=_fewer_seeds(shared, values),
        difference=intervals.paired(values[1], values[0]),
    )  # fmt: skip


def _judged(change: Change, test: pairwise_tests.PairedTest, score: Score) -> Change:
    """The word for a difference; everything else has its word already."""
    if change.difference is None:
        return change
    if not test.told_apart:
        why = () if change.difference.mean or not test.has_interval else ("the same numbers",)
        why = (test.verdict("models"),) if not test.has_interval or test.significant_alone else why
        return replace(change, reasons=(*why, *change.reasons))
    if score.better == "neither":
        return replace(change, reasons=(f"told apart, but neither end of {score.name} is better",))
    good = (change.difference.mean < 0) == (score.better == "lower")
    return replace(change, verdict=BETTER if good else WORSE)


def _without(change: Change, first: Row, second: Row) -> Change:
    """A model without a run that ended well, on one side or on both."""
    if second.finished:
        return replace(change, verdict=MENDED)
    why = () if first.finished else ("as before",)
    return replace(change, verdict=BROKE, reasons=why)


def _ending(row: Row) -> str:
    """What most runs of a model came to, where none ended well."""
    if row.finished:
        return ""
    names = Counter(run.status.name for run in row.records)
    return STATUS_WORDS[names.most_common(1)[0][0]]


def _lost(first: Row, second: Row) -> tuple[str, ...]:
    well = {run.seed for run in first.finished}
    ended = [run for run in second.unfinished if run.seed in well]
    return tuple(f"seed {run.seed} {STATUS_WORDS[run.status.name]}" for run in ended)


def _no_number(first: Row, second: Row, metric: str) -> str:
    """Which side has no number of this metric, and why, as a record says it."""
    when = "before" if not first.values(metric) else "after"
    row = second if first.values(metric) else first
    scores = [run.scores[metric] for run in row.finished if metric in run.scores]
    notes = [score.note for score in scores if score.note]
    return f"no number {when}" + (f": {notes[0]}" if notes else "")


def _fewer_seeds(shared: tuple[int, ...], values: Sequence[dict[int, float]]) -> tuple[str, ...]:
    counts = [len(of) for of in values]
    if counts == [len(shared)] * 2:
        return ()
    both = formatting.plural(len(shared), "seed")
    return (f"over the {both} that both finished, of {counts[0]} and {counts[1]}",)


def _mean(values: Sequence[float]) -> float | None:
    found = intervals.over_seeds(values)
    return found.mean if found else None
