"""The table of the page: a line a model, its seeds as dots, between two that nobody trained."""

from collections.abc import Callable
from dataclasses import dataclass

from ganbench.record import Record
from ganbench.report import formatting
from ganbench.report.analysis import intervals
from ganbench.report.analysis.comparison import (
    Comparison,
    Row,
    drawn,
    not_all_drawn,
    status_summary,
)
from ganbench.report.formatting import LOG_FROM, STATUS_WORDS
from ganbench.report.tables import columns, other_metrics
from ganbench.report.tables.columns import Cell, Column

STRIP_WIDTH = 150.0  # units of the strip's viewBox
MARGIN = 7.0
SHORT_REASON = 80  # characters
IMPORTED = "trained elsewhere, under no budget of this suite"
MOST_SAID = 50  # seeds whose numbers are told to whoever cannot see the dots
MOST_ENDINGS = 4  # in one cell; the part of the page about failures has them all


@dataclass(frozen=True)
class Strip:
    """Where the seeds of one row lie on the scale that all rows share, in viewBox units."""

    dots: tuple[float, ...]
    unfinished: tuple[float, ...]  # runs that did not end well
    low: float | None
    high: float | None
    marks: tuple[float, ...]  # floor and identity
    words: str


@dataclass(frozen=True)
class Line:
    """One model's line of the table."""

    row: Row
    cells: tuple[Cell, ...]
    strip: Strip
    status: str
    endings: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Columns, the models' lines and the two fixed ones."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    floor: tuple[str, tuple[Cell, ...]] | None
    identity: tuple[str, tuple[Cell, ...]] | None
    logarithmic: bool
    one_seed: str  # said above the table instead of in every cell
    not_all_drawn: str  # of very many seeds


def table(comparison: Comparison) -> Table:
    """Everything that the table of the page shows, as text and places."""
    place, logarithmic = _scale(comparison)
    made = columns.main(comparison)
    return Table(
        columns=tuple(made),
        lines=tuple(_line(row, comparison, made, place) for row in comparison.listed),
        floor=other_metrics.fixed(comparison, made, "floor"),
        identity=other_metrics.fixed(comparison, made, "identity"),
        logarithmic=logarithmic,
        one_seed=columns.one_seed_each(comparison),
        not_all_drawn=not_all_drawn(comparison.listed),
    )


def _line(
    row: Row, comparison: Comparison, made: list[Column], place: Callable[[float], float]
) -> Line:
    return Line(
        row,
        tuple(column.of_row(row) for column in made),
        _strip(row, comparison, place),
        status_summary(row),
        _endings(row),
    )


def _endings(row: Row) -> tuple[str, ...]:
    if row.imported:
        return (IMPORTED,)
    said = [ending(record) for record in row.unfinished]
    more = len(said) - MOST_ENDINGS
    return (*said[:MOST_ENDINGS], f"and {more} more, below") if more > 1 else tuple(said)


def ending(record: Record, with_reason: bool = True) -> str:
    """How a run ended and why, in one line."""
    text = f"seed {record.seed} {STATUS_WORDS[record.status.name]}"
    text += how_far(record)
    reason = formatting.shortened(record.status.reason, SHORT_REASON) if with_reason else ""
    return text + (f": {reason}" if reason else "")


def how_far(record: Record) -> str:
    """How much of its budget a run used that did not end well; nothing where none was used."""
    if record.status.progress >= 1:
        return " and used its whole budget"
    return f" at {formatting.percent(record.status.progress)}" if record.status.progress else ""


def _scale(comparison: Comparison) -> tuple[Callable[[float], float], bool]:
    """Map a value of the primary metric to a place on the strip, logarithmic over wide ranges."""
    import math

    values = _all_values(comparison)
    if not values:
        return lambda value: STRIP_WIDTH / 2, False
    low, high = min(values), max(values)
    logarithmic = low > 0 and high > LOG_FROM * low
    bend: Callable[[float], float] = math.log if logarithmic else float
    start, width = bend(low), (bend(high) - bend(low)) or 1.0

    def place(value: float) -> float:
        inside = max(low, min(high, value))
        share = (bend(inside) - start) / width
        return round(MARGIN + share * (STRIP_WIDTH - 2 * MARGIN), 1)

    return place, logarithmic


def _all_values(comparison: Comparison) -> list[float]:
    if comparison.primary is None:
        return []
    metric = comparison.primary.metric
    values = [comparison.baseline(name, metric) for name in ("floor", "identity")]
    found = [value for value in values if value is not None]
    for row in comparison.rows:
        found += [*row.values(metric).values(), *row.unfinished_values(metric).values()]
    return found


def _strip(row: Row, comparison: Comparison, place: Callable[[float], float]) -> Strip:
    metric = comparison.primary.metric if comparison.primary else ""
    values, unfinished = row.values(metric), row.unfinished_values(metric)
    interval = intervals.over_seeds(list(values.values()))
    marks = [comparison.baseline(name, metric) for name in ("floor", "identity")]
    said = [f"seed {seed} {formatting.number(value)}" for seed, value in values.items()][:MOST_SAID]
    endings = {record.seed: STATUS_WORDS[record.status.name] for record in row.unfinished}
    said += [
        f"seed {s} {formatting.number(value)}, {endings[s]}"
        for s, value in list(unfinished.items())[:MOST_SAID]
    ]
    more = len(values) + len(unfinished) - len(said)
    said += [f"and {more:,} more"] if more else []
    return Strip(
        tuple(place(value) for value in drawn(values.values())),
        tuple(place(value) for value in drawn(unfinished.values())),
        place(interval.low) if interval and interval.half_width is not None else None,
        place(interval.high) if interval and interval.half_width is not None else None,
        tuple(place(value) for value in marks if value is not None),
        "; ".join(said) or "no score",
    )
