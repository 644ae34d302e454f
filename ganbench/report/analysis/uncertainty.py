"""Every number's two uncertainties: over training seeds, and over the pictures of one run."""

from dataclasses import dataclass

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row

OVER_SEEDS = "± over seeds (Student's t, 95 %)"
OVER_PICTURES = "± over pictures (jackknife, 95 %)"
MOST_UNFINISHED = 200  # runs whose scores are told one by one
NORMAL = 1.96  # 95 % of a normal distribution lie within so many standard errors


@dataclass(frozen=True)
class Estimate:
    """One number with its two intervals, as text; `row` None for an untrained row."""

    row: Row | None
    name: str
    mean: str
    over_seeds: str
    over_pictures: str
    seeds: str
    pictures: str


def table(comparison: Comparison) -> list[tuple[Score, list[Estimate]]]:
    """For every metric with a number, a line a model and untrained row."""
    found = []
    for score in comparison.metrics:
        lines = [line for row in comparison.listed if (line := _of_row(row, score))]
        lines += [line for name in ("floor", "identity")
                  if (line := _of_baseline(comparison, name, score))]  # fmt: skip
        if lines:
            found.append((score, lines))
    return found


def over_pictures(row: Row, metric: str) -> float | None:
    """Half-width of the 95 % interval of one run over other draws of pictures, mean over seeds."""
    scores = [record.scores.get(metric) for record in row.finished]
    errors = [s.error for s in scores if s and s.value is not None and s.error is not None]
    return NORMAL * sum(errors) / len(errors) if errors else None


def _of_row(row: Row, score: Score) -> Estimate | None:
    interval = row.interval(score.metric)
    if interval is None:
        return None
    width = over_pictures(row, score.metric)
    like = _largest(interval.mean, interval.half_width, width)
    used = next(r.scores[score.metric] for r in row.finished if r.seed in row.values(score.metric))
    return Estimate(
        row,
        row.name,
        formatting.number(interval.mean, like),
        formatting.number(interval.half_width, like),
        formatting.number(width, like),
        str(interval.count),
        formatting.count(used.count),
    )


def _of_baseline(comparison: Comparison, name: str, score: Score) -> Estimate | None:
    value = comparison.baseline(name, score.metric)
    if value is None:
        return None
    known = comparison.baselines[name].scores[score.metric]
    error = None if known.error is None else NORMAL * known.error
    title = comparison.baselines[name].title
    like = _largest(value, error)
    text, width = formatting.number(value, like), formatting.number(error, like)
    return Estimate(
        None,
        title,
        text,
        formatting.MISSING,
        width,
        formatting.MISSING,
        formatting.count(known.count),
    )


def _largest(*values: float | None) -> float:
    """The number whose decimals suit all of a line."""
    return max(abs(value) for value in values if value is not None)


def unfinished_scores(comparison: Comparison) -> list[tuple[Row, int, str, str]]:
    """Runs that did not end well and have a score: row, seed, ending, value of the primary.

    Of very many the first.
    """
    primary = comparison.primary
    if primary is None:
        return []
    found = [
        (row, record.seed, record.status.name.replace("_", " "), formatting.number(value))
        for row in comparison.rows
        if not row.imported  # which ended well, elsewhere
        for record in row.unfinished
        if (value := row.unfinished_values(primary.metric).get(record.seed)) is not None
    ]
    return found[:MOST_UNFINISHED]
