"""The table beyond distance: quality, variety, copying and translation, a group of columns each."""

from collections.abc import Sequence
from dataclasses import dataclass

from ganbench.record import Score
from ganbench.report.analysis.comparison import Comparison, Row, is_measured
from ganbench.report.tables import columns
from ganbench.report.tables.columns import Cell, Column

KINDS = {  # in order of columns
    "quality": "Does each picture look real?",
    "variety": "Are the pictures as varied as the real ones?",
    "copying": "Are they more than copies?",
    "translation": "Is it still the same photograph?",
}


@dataclass(frozen=True)
class OtherMetrics:
    """Groups (question, number of columns), columns, lines and why numbers are missing."""

    groups: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    lines: tuple[tuple[Row, tuple[Cell, ...]], ...]
    floor: tuple[str, tuple[Cell, ...]] | None
    identity: tuple[str, tuple[Cell, ...]] | None


def table(comparison: Comparison) -> OtherMetrics | None:
    """All that is no distance; None when nothing of it was measured."""
    scores = _scores(comparison)
    if not scores:
        return None
    made = tuple(
        columns.score_column(comparison, score, sum(s.kind == score.kind for s in scores[:place]))
        for place, score in enumerate(scores)
    )
    groups = [(asked, sum(s.kind == kind for s in scores)) for kind, asked in KINDS.items()]
    return OtherMetrics(
        tuple(group for group in groups if group[1]),
        made,
        tuple((row, tuple(c.of_row(row) for c in made)) for row in comparison.listed),
        fixed(comparison, made, "floor"),
        fixed(comparison, made, "identity"),
    )


def _scores(comparison: Comparison) -> list[Score]:
    found = [s for s in comparison.metrics[1:] if s.kind != "distance"]
    order = list(KINDS)
    found.sort(key=lambda score: order.index(score.kind))
    return [score for score in found if is_measured(score)]


def fixed(
    comparison: Comparison, made: Sequence[Column], name: str
) -> tuple[str, tuple[Cell, ...]] | None:
    """The line of an untrained row: its title and its cells."""
    row = comparison.baselines.get(name)
    return (row.title, tuple(column.of_baseline(row) for column in made)) if row else None
