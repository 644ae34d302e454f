"""The figure of speed ratios: a line a model, a dot a seed, on a logarithmic axis around 1."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganbench.report import formatting
from ganbench.report.figures import axes, svg
from ganbench.report.figures.axes import Figure
from ganbench.report.frameworks.pairs import FIRST, SECOND, Ratio

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NARROWEST = 1.25  # the axis reaches at least so far to both sides of 1
REACH = 1.5  # times the farthest dot: where the axis ends if an interval goes on
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 20, 50, 100)


def draw(found: Sequence[Ratio]) -> Figure | None:
    """Pictures a second, TensorFlow / PyTorch: dots are seeds, lines 95 % intervals."""
    if not found:
        return None
    with svg.style():
        ax = axes.interval_axes(len(found), 1.05, 0.8)
        ax.set_xscale("log")
        for place, speed in enumerate(found):
            row, dots = speed.paired.tensorflow, list(speed.by_seed.values())
            name = formatting.shortened(row.label)
            axes.interval_row(ax, place, name, row, dots, speed.logs, _exp)
        low, high = _ends(found)
        ax.set_xlim(low, high)
        _around_one(ax, low, high)
        ax.set_xlabel(f"pictures a second, {SECOND} / {FIRST}")
        return axes.finish(ax, "frameworks-speed", caption(found))


def _exp(log: float) -> float:
    """exp, held inside what an axis can show."""
    return math.exp(max(-50.0, min(50.0, log)))


def _ends(found: Sequence[Ratio]) -> tuple[float, float]:
    """Where the axis ends: at the intervals, but not far beyond the dots."""
    dots = [value for speed in found for value in speed.by_seed.values()]
    sure = [speed.logs for speed in found if speed.test.has_interval]
    low = max(min([*dots, *(_exp(logs.low) for logs in sure)]), min(dots) / REACH)
    high = min(max([*dots, *(_exp(logs.high) for logs in sure)]), max(dots) * REACH)
    return min(low, 1 / NARROWEST) / 1.06, max(high, NARROWEST) * 1.06


def _around_one(ax: "Axes", low: float, high: float) -> None:
    """The line where both are as fast, words for its two sides, and ticks that read as factors."""
    ax.axvline(1, color=svg.sentinel("ink"), linewidth=1.2)
    for said, away, end in (("slower", -6, "right"), ("faster", 6, "left")):
        ax.annotate(
            f"{SECOND} {said}", (1, -0.62), xytext=(away, 0), textcoords="offset points",
            ha=end, va="center", color=svg.sentinel("muted"), fontsize=8,
        )  # fmt: skip
    ticks = [tick for tick in TICKS if low <= tick <= high]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xticks([], minor=True)


def caption(found: Sequence[Ratio]) -> str:
    """Who is faster where, and what the drawing cuts off."""
    groups: dict[str, list[str]] = {}
    for speed in found:
        groups.setdefault(_side(speed), []).append(speed.paired.label)
    said = [f"{how}: {formatting.listed(labels)}." for how, labels in groups.items()]
    low, high = _ends(found)
    intervals = [speed.logs for speed in found if speed.test.has_interval]
    if any(_exp(logs.low) < low or _exp(logs.high) > high for logs in intervals):
        said.append("A line that leaves the figure goes on: its ends are in the table.")
    return " ".join(said)


def _side(speed: Ratio) -> str:
    faster = SECOND if speed.logs.mean > 0 else FIRST
    if not speed.test.has_interval:
        return f"{faster} is faster in the one seed there is"
    if not speed.test.told_apart:
        return "The seeds do not settle which is faster"
    return f"{faster} is faster"
