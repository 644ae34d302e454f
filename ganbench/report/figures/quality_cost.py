"""Final score against what it cost: arithmetic, time, energy or money."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import machines, pairwise_tests
from ganbench.report.analysis.comparison import (
    LISTED,
    Comparison,
    Row,
    direction,
    drawn,
    not_all_drawn,
)
from ganbench.report.analysis.costs import ENERGY, SECONDS, mean_cost, mean_money
from ganbench.report.figures import svg
from ganbench.report.figures.axes import (
    Figure,
    axes,
    colour,
    finish,
    further_models,
    is_wide,
    legend,
    plain_ticks,
)
from ganbench.report.formatting import heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes


ALIKE = 1.05  # where the dearest costs no more than this times the cheapest, all cost the same


@dataclass(frozen=True)
class Cost:
    """One thing that training took, as an axis."""

    name: str  # of its figure
    word: str
    label: str  # of the axis, with the unit
    of: Callable[[Row], float | None]


@dataclass(frozen=True)
class Drawn:
    """The figure of one cost, and its numbers: a row's cost and mean score, cheapest first."""

    cost: Cost
    figure: Figure
    numbers: tuple[tuple[Row, str, str], ...]


def costs(comparison: Comparison) -> list[Cost]:
    """What training took, as far as records tell: of each row on average over its runs.

    On machines of several kinds only the arithmetic is the same.
    """
    work = Cost("quality-cost", "arithmetic", "TFLOP spent on training", total_work)
    if machines.machines(comparison).several:
        return [work]
    made = [
        work,
        Cost("quality-time", "time", "seconds of training", lambda row: mean_cost(row, SECONDS)),
        Cost("quality-energy", "energy", "Wh used by training", _watt_hours),
    ]
    if price := comparison.price:
        label = (
            f"{price.before or price.after or 'money'}, at {price.written(f'{price.amount:g}')}/h"
        )
        made.append(Cost("quality-money", "money", label, lambda row: mean_money(row, price)))
    return made


def total_work(row: Row) -> float | None:
    """TFLOP that a run of this row spent on training, on average."""
    return mean_cost(
        row, lambda r: r.cost.flop_per_step * r.used.steps / 1e12 if r.cost.flop_per_step else None
    )


def _watt_hours(row: Row) -> float | None:
    joules = mean_cost(row, ENERGY)
    return None if joules is None else joules / 3600


def quality_against_cost(comparison: Comparison) -> list[Drawn]:
    """Final score against each cost that differs; the line joins what nothing else beats."""
    primary = comparison.primary
    if primary is None:
        return []
    scored = comparison.scored(primary.metric)
    made = []
    for cost in costs(comparison):
        rows = [row for row in scored if cost.of(row)]
        spent = [cost.of(row) or 0.0 for row in rows]
        if len(rows) >= 2 and (max(spent) > ALIKE * min(spent) or cost.of is total_work):
            figure = _draw(comparison, rows, primary, cost)
            made.append(Drawn(cost, figure, tuple(_numbers(rows, primary, cost))))
    return made


def _draw(comparison: Comparison, rows: list[Row], primary: Score, cost: Cost) -> Figure:
    with svg.style():
        ax = axes()
        for row in rows:
            _dots(ax, row, primary, cost, row in comparison.shown)
        front = _pareto(comparison, rows, primary, cost)
        _pareto_line(ax, front)
        if is_wide([cost.of(row) or 0.0 for row in rows]):
            ax.set_xscale("log")
        ax.set_xlabel(cost.label)
        ax.set_ylabel(heading(primary))
        ax.margins(0.14)
        plain_ticks(ax)
        legend(ax, [row for row in rows if row in comparison.shown])
        tied = pairwise_tests.tied_with_best(comparison, primary.metric)
        caption = _alike_caption([row for row in rows if row.name in tied], cost)
        caption = caption or _pareto_caption(front, rows, cost)
        caption += further_models(comparison, rows)
        caption += not_all_drawn(comparison.shown)
        return finish(ax, cost.name, caption)


def _numbers(rows: list[Row], primary: Score, cost: Cost) -> list[tuple[Row, str, str]]:
    return [
        (row, formatting.number(cost.of(row)), formatting.number(interval.mean))
        for row in sorted(rows[:LISTED], key=lambda row: cost.of(row) or 0.0)
        if (interval := row.interval(primary.metric))
    ]


def _dots(ax: "Axes", row: Row, primary: Score, cost: Cost, shown: bool) -> None:
    values = list(row.values(primary.metric).values())
    x = cost.of(row) or 0.0
    if not shown:
        ax.plot(x, sum(values) / len(values), ".", color=svg.sentinel("muted"), alpha=0.5)
        return
    dots = drawn(values)
    ax.plot([x] * len(dots), dots, row.marker, color=colour(row), markersize=3.6, alpha=0.55)
    ax.plot(x, sum(values) / len(values), row.marker, color=colour(row), markersize=8)


def _pareto(
    comparison: Comparison, rows: list[Row], primary: Score, cost: Cost
) -> list[tuple[float, float, str]]:
    """Rows that no other beats in both score and cost, cheapest first."""
    sign = direction(comparison, primary.metric)
    found: list[tuple[float, float, str]] = []
    for row in sorted(rows, key=lambda row: cost.of(row) or 0.0):
        interval = row.interval(primary.metric)
        if interval and (not found or sign * interval.mean < sign * found[-1][1]):
            found.append((cost.of(row) or 0.0, interval.mean, row.name))
    return found


def _pareto_line(ax: "Axes", front: list[tuple[float, float, str]]) -> None:
    ax.plot(
        [x for x, _, _ in front], [y for _, y, _ in front],
        color=svg.sentinel("muted"), linewidth=1, linestyle=(0, (4, 3)), zorder=0,
    )  # fmt: skip


def _alike_caption(tied: list[Row], cost: Cost) -> str:
    """Of models that cannot be told from the best, which costs least; empty where that is one."""
    if len(tied) < 2:
        return ""
    cheapest = min(tied, key=lambda row: cost.of(row) or 0.0)
    names = formatting.some([row.name for row in tied])
    return f"Not told apart in score: {names}. Of these {cheapest.name} took the least {cost.word}."


def _pareto_caption(front: list[tuple[float, float, str]], rows: list[Row], cost: Cost) -> str:
    names = [name for _, _, name in front]
    if len(names) == 1:
        return (
            f"{names[0]} is the best on average and takes the least {cost.word}: nothing is traded."
        )
    beaten = [row.name for row in rows if row.name not in names]
    said = f"Worth their {cost.word}: {formatting.some(names)}."
    verb = "is" if len(beaten) == 1 else "are"
    return said + (
        f" {formatting.some(beaten)} {verb} beaten in both on average." if beaten else ""
    )
