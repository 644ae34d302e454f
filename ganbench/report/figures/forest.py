"""How sure: differences to the best model, paired by seed."""

from typing import TYPE_CHECKING

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import intervals, pairwise_tests
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.analysis.pairwise_tests import Pair
from ganbench.report.figures import svg
from ganbench.report.figures.axes import Figure, axes, colour, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FOREST = 24  # models that a figure can hold, a line each


def forest(comparison: Comparison) -> Figure | None:
    """Differences to the best model, paired by seed: dots are seeds, lines 95 % intervals."""
    primary = comparison.primary
    found = pairwise_tests.against_best(comparison, primary.metric) if primary else []
    if primary is None or not found:
        return None
    best = pairwise_tests.contenders(comparison, primary.metric)[0]
    drawn = found[:MOST_FOREST]
    with svg.style():
        ax = axes(height=0.62 * len(drawn) + 1.25)
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        for place, pair in enumerate(drawn):
            _forest_row(ax, place, pair.other(best), best, primary)
        _reference_lines(ax, comparison, best, primary)
        ax.axvline(0, color=svg.sentinel("ink"), linewidth=1.2)
        ax.set_ylim(len(drawn) - 0.35, -1.15)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(f"difference in {primary.name} to {best.shortened()}")
        return finish(ax, "how-sure", caption(best, found))


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


def _reference_lines(ax: "Axes", comparison: Comparison, best: Row, primary: Score) -> None:
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


def caption(best: Row, found: list[Pair]) -> str:
    """Which models are told apart from the best, which not, and with which it shares no test."""
    drawn, further = found[:MOST_FOREST], len(found[MOST_FOREST:])
    groups: dict[str, list[str]] = {"clear": [], "tied": [], "one": [], "none": []}
    for pair in drawn:
        groups[_kind(pair)].append(pair.other(best).name)
    names = {kind: formatting.some(rows) for kind, rows in groups.items()}
    verb = "lies" if len(groups["clear"]) == 1 else "lie"
    parts = {
        "clear": f"{names['clear']} {verb} clear of {best.name}.",
        "tied": f"{names['tied']} cannot be told from {best.name}.",
        "one": f"{names['one']}: one seed in common, no interval.",
        "none": f"{names['none']}: no seed in common.",
    }
    said = [text for kind, text in parts.items() if groups[kind]]
    said += [f"{further:,} models farther behind are not drawn."] if further else []
    return " ".join(said)


def _kind(pair: Pair) -> str:
    if pair.test.told_apart:
        return "clear"
    if pair.test.has_interval:
        return "tied"
    return "one" if pair.test.difference else "none"
