"""How sure: differences to the best model, paired by seed."""

from typing import TYPE_CHECKING

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import intervals
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.figures import svg
from ganbench.report.figures.axes import Figure, axes, colour, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FOREST = 24  # models that a figure can hold, a line each


def forest(comparison: Comparison) -> Figure | None:
    """Differences to the best model, paired by seed: dots are seeds, lines 95 % intervals."""
    primary = comparison.primary
    ranked = comparison.scored(primary.metric) if primary else []
    if primary is None or len(ranked) < 2:
        return None
    best, others = ranked[0], ranked[1 : MOST_FOREST + 1]
    with svg.style():
        ax = axes(height=0.62 * len(others) + 1.25)
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        for place, row in enumerate(others):
            _forest_row(ax, place, row, best, primary)
        _reference_lines(ax, comparison, best, primary, len(others))
        ax.axvline(0, color=svg.sentinel("ink"), linewidth=1.2)
        ax.set_ylim(len(others) - 0.35, -1.15)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(f"difference in {primary.name} to {best.shortened()}")
        caption = _forest_caption(best, others, primary)
        further = len(ranked) - 1 - len(others)
        caption += f" {further:,} models farther behind are not drawn." if further > 0 else ""
        return finish(ax, "how-sure", caption)


def _forest_row(ax: "Axes", place: int, row: Row, best: Row, primary: Score) -> None:
    mine, its = row.values(primary.metric), best.values(primary.metric)
    dots = intervals.differences(mine, its)
    interval = intervals.paired(mine, its)
    ax.annotate(
        row.shortened(), (0, place - 0.26), xycoords=("axes fraction", "data"),
        bbox={"facecolor": svg.sentinel("paper"), "edgecolor": "none", "pad": 1.5},
        color=colour(row), fontsize=8.5, va="center",
    )  # fmt: skip
    if interval is None:
        return
    if interval.half_width is not None:
        ends = [interval.low, interval.high]
        ax.plot(ends, [place, place], color=colour(row), linewidth=2.2, solid_capstyle="round")
        ax.plot([interval.mean] * 2, [place - 0.1, place + 0.1], color=colour(row), linewidth=2.2)
    ax.plot(
        dots, [place + 0.2] * len(dots), row.marker, color=colour(row), markersize=4.6,
        markeredgecolor=svg.sentinel("paper"), markeredgewidth=0.5,
    )  # fmt: skip


def _reference_lines(
    ax: "Axes", comparison: Comparison, best: Row, primary: Score, rows: int
) -> None:
    """Floor and untouched photographs, where they do not squash everything else."""
    interval = best.interval(primary.metric)
    low, high = ax.get_xlim()
    # One label above the other: the two lines may stand close together.
    for name, said, drop in (("floor", "floor", 0), ("identity", "untouched photographs", -10)):
        value = comparison.baseline(name, primary.metric)
        if value is None or interval is None:
            continue
        gap = value - interval.mean
        if abs(gap) > 4 * max(abs(low), abs(high)):
            continue
        ax.axvline(gap, color=svg.sentinel("muted"), linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(
            said, (gap, -0.95), xytext=(4 if gap < 0 else -4, drop), textcoords="offset points",
            ha="left" if gap < 0 else "right", va="center", color=svg.sentinel("muted"), fontsize=8,
        )  # fmt: skip


def _forest_caption(best: Row, others: list[Row], primary: Score) -> str:
    told: list[str] = []
    open_: list[str] = []
    alone: list[str] = []
    for row in others:
        interval = intervals.paired(row.values(primary.metric), best.values(primary.metric))
        if interval is None or interval.half_width is None:
            alone.append(row.name)
        else:
            (told if interval.excludes_zero else open_).append(row.name)
    parts = []
    if told:
        verb = "lies" if len(told) == 1 else "lie"
        parts.append(f"{formatting.some(told)} {verb} clear of {best.name}.")
    if open_:
        parts.append(f"{formatting.some(open_)} cannot be told from {best.name}.")
    if alone:
        parts.append(f"{formatting.some(alone)}: one seed in common, no interval.")
    return " ".join(parts)
