"""Final score against the arithmetic that training took."""

from typing import TYPE_CHECKING

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row, direction
from ganbench.report.analysis.costs import mean_cost
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


def total_work(row: Row) -> float | None:
    """TFLOP that a run of this row spent on training, on average."""
    return mean_cost(
        row, lambda r: r.cost.flop_per_step * r.used.steps / 1e12 if r.cost.flop_per_step else None
    )


def quality_against_work(comparison: Comparison) -> Figure | None:
    """Final score against the arithmetic spent; the line joins what nothing else beats."""
    primary = comparison.primary
    rows = comparison.scored(primary.metric) if primary else []
    rows = [row for row in rows if total_work(row)]
    if primary is None or len(rows) < 2:
        return None
    with svg.style():
        ax = axes()
        for row in rows:
            _work_dots(ax, row, primary, row in comparison.shown)
        front = _pareto(comparison, rows, primary)
        _pareto_line(ax, front)
        if is_wide([total_work(row) or 0 for row in rows]):
            ax.set_xscale("log")
        ax.set_xlabel("TFLOP spent on training")
        ax.set_ylabel(heading(primary))
        ax.margins(0.14)
        plain_ticks(ax)
        legend(ax, [row for row in rows if row in comparison.shown])
        caption = _pareto_caption(front, rows) + further_models(comparison, rows)
        return finish(ax, "quality-cost", caption)


def numbers(comparison: Comparison) -> list[tuple[Row, str, str]]:
    """What the figure shows: for every row its work and its mean score, least work first."""
    primary = comparison.primary
    rows = comparison.scored(primary.metric) if primary else []
    found = [(row, work) for row in rows if (work := total_work(row))]
    found.sort(key=lambda item: item[1])
    return [
        (row, formatting.number(work), formatting.number(interval.mean))
        for row, work in found
        if primary and (interval := row.interval(primary.metric))
    ]


def _work_dots(ax: "Axes", row: Row, primary: Score, shown: bool) -> None:
    values = list(row.values(primary.metric).values())
    x = total_work(row) or 0.0
    if not shown:
        ax.plot(x, sum(values) / len(values), ".", color=svg.sentinel("muted"), alpha=0.5)
        return
    ax.plot([x] * len(values), values, row.marker, color=colour(row), markersize=3.6, alpha=0.55)
    ax.plot(x, sum(values) / len(values), row.marker, color=colour(row), markersize=8)


def _pareto(
    comparison: Comparison, rows: list[Row], primary: Score
) -> list[tuple[float, float, str]]:
    """Rows that no other beats in both score and work, cheapest first."""
    sign = direction(comparison, primary.metric)
    found: list[tuple[float, float, str]] = []
    for row in sorted(rows, key=lambda row: total_work(row) or 0):
        interval = row.interval(primary.metric)
        if interval and (not found or sign * interval.mean < sign * found[-1][1]):
            found.append((total_work(row) or 0, interval.mean, row.name))
    return found


def _pareto_line(ax: "Axes", front: list[tuple[float, float, str]]) -> None:
    ax.plot(
        [x for x, _, _ in front], [y for _, y, _ in front],
        color=svg.sentinel("muted"), linewidth=1, linestyle=(0, (4, 3)), zorder=0,
    )  # fmt: skip


def _pareto_caption(front: list[tuple[float, float, str]], rows: list[Row]) -> str:
    names = [name for _, _, name in front]
    if len(names) == 1:
        return f"{names[0]} is the best on average and the least work: nothing is traded."
    beaten = [row.name for row in rows if row.name not in names]
    said = f"Worth their work: {formatting.some(names)}."
    verb = "is" if len(beaten) == 1 else "are"
    return said + (
        f" {formatting.some(beaten)} {verb} beaten in both on average." if beaten else ""
    )
