"""How sure: differences to the best model, paired by seed."""

from typing import TYPE_CHECKING

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import intervals, pairwise_tests
from ganbench.report.analysis.comparison import Comparison, Row, drawn, not_all_drawn
from ganbench.report.analysis.pairwise_tests import Pair
from ganbench.report.figures import svg
from ganbench.report.figures.axes import Figure, finish, interval_axes, interval_row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM = 0.3  # of the axis: what a label of a line takes
MOST_FOREST = 24  # models that a figure can hold, a line each


def forest(comparison: Comparison) -> Figure | None:
    """Differences to the best model, paired by seed: dots are seeds, lines 95 % intervals."""
    primary = comparison.primary
    found = pairwise_tests.against_best(comparison, primary.metric) if primary else []
    if primary is None or not found:
        return None
    best = pairwise_tests.contenders(comparison, primary.metric)[0]
    shown = found[:MOST_FOREST]
    with svg.style():
        ax = interval_axes(len(shown), 1.25, 1.15)
        for place, pair in enumerate(shown):
            row = pair.other(best)
            dots = intervals.differences(row.values(primary.metric), best.values(primary.metric))
            interval = intervals.over_seeds(dots)
            interval_row(ax, place, row.shortened(), row, drawn(dots), interval)
        _reference_lines(ax, comparison, best, primary)
        ax.axvline(0, color=svg.sentinel("ink"), linewidth=1.2)
        ax.set_xlabel(f"difference in {primary.name} to {best.shortened()}")
        said = caption(best, found) + not_all_drawn([best])
        return finish(ax, "how-sure", said)


def _reference_lines(ax: "Axes", comparison: Comparison, best: Row, primary: Score) -> None:
    """Floor and untouched photographs, where they do not squash everything else."""
    interval = best.interval(primary.metric)
    low, high = ax.get_xlim()
    lines = []
    for name, said in (("floor", "floor"), ("identity", "untouched photographs")):
        value = comparison.baseline(name, primary.metric)
        if value is not None and interval is not None:
            offset = value - interval.mean
            if abs(offset) <= 4 * max(abs(low), abs(high)):
                ax.axvline(offset, color=svg.sentinel("muted"), linewidth=1, linestyle=(0, (4, 3)))
                lines.append((offset, said))
    low, high = ax.get_xlim()
    # Each label outside of both lines, where there is room, and one above the other.
    for place, (offset, said) in enumerate(sorted(lines)):
        left = place == 0 if len(lines) > 1 else offset > (low + high) / 2
        room = (offset - low if left else high - offset) / (high - low)
        left = left if room > ROOM else not left
        ax.annotate(
            said, (offset, -0.95), xytext=(-4 if left else 4, -10 * place),
            textcoords="offset points", ha="right" if left else "left", va="center",
            color=svg.sentinel("muted"), fontsize=8,
        )  # fmt: skip


def caption(best: Row, found: list[Pair]) -> str:
    """Which models are told apart from the best, which not, and with which it shares no test."""
    shown, further = found[:MOST_FOREST], len(found[MOST_FOREST:])
    groups: dict[str, list[str]] = {"clear": [], "tied": [], "one": [], "none": []}
    for pair in shown:
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
