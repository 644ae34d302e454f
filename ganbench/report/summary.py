"""The table of the page: a line a model, its seeds as dots, between two that nobody trained."""

from collections.abc import Callable
from dataclasses import dataclass

from ganbench.record import Record, Score
from ganbench.report import statistics, tables, words
from ganbench.report.figures import LOG_FROM
from ganbench.report.rows import Comparison, Row
from ganbench.report.verdict import STATUS_WORDS

STRIP_WIDTH = 150.0  # units of the strip's viewBox
MARGIN = 7.0
SHORT_REASON = 160  # characters


@dataclass(frozen=True)
class Cell:
    """Text of a table cell, the number it sorts by, and whether it cannot be told from the best."""

    text: str
    sort: float | None = None
    best: bool = False
    note: str = ""


@dataclass(frozen=True)
class Strip:
    """Where the seeds of one row lie on the scale that all rows share, in viewBox units."""

    dots: tuple[float, ...]
    strays: tuple[float, ...]  # runs that ended early
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
    """Column heads, the models' lines and the two fixed ones."""

    scores: tuple[Score, ...]
    costs: tuple[str, ...]
    lines: tuple[Line, ...]
    floor: tuple[str, tuple[Cell, ...]] | None
    identity: tuple[str, tuple[Cell, ...]] | None
    logarithmic: bool
    protocols: tuple[str, ...]


COSTS: tuple[tuple[str, Callable[[Row], float | None], Callable[[float | None], str]], ...] = (
    ("training", lambda row: tables.mean_cost(row, _seconds), words.duration),
    ("pictures/s", lambda row: tables.mean_cost(row, _speed), words.number),
    ("peak memory", lambda row: tables.mean_cost(row, _memory), words.memory),
    ("parameters", lambda row: tables.parameters(row), words.millions),
    ("GFLOP/step", lambda row: tables.mean_cost(row, _flop), words.work),
)


def _seconds(record: Record) -> float | None:
    return record.used.seconds


def _speed(record: Record) -> float | None:
    return record.cost.pictures_per_second


def _memory(record: Record) -> float | None:
    return record.cost.peak_memory_bytes


def _flop(record: Record) -> float | None:
    return record.cost.flop_per_step


def table(comparison: Comparison) -> Table:
    """Everything that the table of the page shows, as text and places."""
    place, logarithmic = _scale(comparison)
    return Table(
        scores=comparison.metrics,
        costs=tuple(name for name, _, _ in COSTS),
        lines=tuple(_line(row, comparison, place) for row in comparison.rows),
        floor=_baseline(comparison, "floor"),
        identity=_baseline(comparison, "identity"),
        logarithmic=logarithmic,
        protocols=tuple(tables.protocol_sentence(score) for score in comparison.metrics),
    )


def _line(row: Row, comparison: Comparison, place: Callable[[float], float]) -> Line:
    cells = [_metric_cell(row, comparison, score) for score in comparison.metrics]
    for _, value, said in COSTS:
        amount = value(row)
        cells.append(Cell(said(amount), amount))
    return Line(
        row,
        tuple(cells),
        _strip(row, comparison, place),
        tables.status_summary(row),
        tuple(ending(record) for record in row.unfinished),
    )


def ending(record: Record) -> str:
    """How a run ended and why, in one line."""
    text = f"seed {record.seed} {STATUS_WORDS[record.status.name]}"
    if record.status.progress:
        text += f" at {words.percent(record.status.progress)}"
    reason = words.shortened(record.status.reason, SHORT_REASON)
    return text + (f": {reason}" if reason else "")


def _metric_cell(row: Row, comparison: Comparison, score: Score) -> Cell:
    interval = row.interval(score.metric)
    if interval is None:
        return Cell(words.MISSING)
    best = row.name in comparison.tied_with_best(score.metric)
    text = words.spread(interval.mean, interval.half_width)
    return Cell(text, interval.mean, best, "" if interval.count > 1 else "one seed")


def _baseline(comparison: Comparison, name: str) -> tuple[str, tuple[Cell, ...]] | None:
    if name not in comparison.baselines:
        return None
    values = [comparison.baseline(name, score.metric) for score in comparison.metrics]
    cells = [Cell(words.number(value), value) for value in values]
    return comparison.baselines[name].title, tuple(cells)


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
        found += [*row.values(metric).values(), *row.stray_values(metric).values()]
    return found


def _strip(row: Row, comparison: Comparison, place: Callable[[float], float]) -> Strip:
    metric = comparison.primary.metric if comparison.primary else ""
    values, strays = row.values(metric), row.stray_values(metric)
    interval = statistics.over_seeds(list(values.values()))
    sure = interval if interval and interval.half_width is not None else None
    marks = [comparison.baseline(name, metric) for name in ("floor", "identity")]
    said = [f"seed {seed} {words.number(value)}" for seed, value in values.items()]
    said += [f"seed {seed} {words.number(value)}, ended early" for seed, value in strays.items()]
    return Strip(
        tuple(place(value) for value in values.values()),
        tuple(place(value) for value in strays.values()),
        place(sure.low) if sure else None,
        place(sure.high) if sure else None,
        tuple(place(value) for value in marks if value is not None),
        "; ".join(said) or "no score",
    )
