"""What the moving average of the weights changed: the same runs judged with and without it."""

import math
from dataclasses import dataclass

from ganbench.report.analysis.comparison import Comparison, Row


@dataclass(frozen=True)
class Averaged:
    """A row's mean by the metric that decides, over the seeds that have both numbers."""

    row: Row
    averaged: float
    raw: float
    seeds: int


def weight_averages(comparison: Comparison) -> list[Averaged]:
    """The rows that draw with an average of their weights; none where nobody does."""
    metric = comparison.primary.metric if comparison.primary else ""
    found = []
    for row in comparison.rows:
        pairs = [
            (with_average, raw.value)
            for record in row.finished
            if (raw := record.raw_scores.get(metric)) and raw.value is not None
            if math.isfinite(raw.value)
            if (with_average := row.values(metric).get(record.seed)) is not None
        ]
        if pairs:
            averaged, raws = zip(*pairs, strict=True)
            count = len(pairs)
            found.append(Averaged(row, math.fsum(averaged) / count, math.fsum(raws) / count, count))
    return found
