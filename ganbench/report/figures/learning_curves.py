"""The deciding metric while training goes on, against seconds or pictures shown."""

import math
from typing import TYPE_CHECKING

from ganbench.record import CurvePoint, Score
from ganbench.report import formatting, sanitize
from ganbench.report.analysis import machines, pairwise_tests
from ganbench.report.analysis.comparison import Comparison, Row, direction
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
    stroke,
)
from ganbench.report.formatting import heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes


LINES = 20  # seeds of a model with a line of their own; the mean is over all


def curves(comparison: Comparison, axis: str) -> Figure | None:
    """The metric while training goes on, against "seconds" or "pictures"; grey: best so far.

    Nothing against the seconds of different machines.
    """
    if axis == "seconds" and machines.machines(comparison).several:
        return None
    primary = comparison.primary
    rows = [row for row in comparison.rows if primary and points(row, primary.metric, axis)]
    if primary is None or not rows:
        return None
    with svg.style():
        ax = axes()
        for row in rows:
            if row in comparison.shown:
                _curve(ax, row, primary.metric, axis)
            else:
                _faint(ax, mean_curve(row, primary.metric, axis))
        caption = _frontier(ax, comparison, rows, primary, axis)
        drawn = [point for row in rows for point in flat(row, primary.metric, axis)]
        if axis == "pictures" and is_wide([x for x, _ in drawn]):
            ax.set_xscale("log")
        if is_wide([y for _, y in drawn]):
            ax.set_yscale("log")
        ax.set_xlabel("training seconds" if axis == "seconds" else "paintings shown")
        ax.set_ylabel(heading(primary))
        plain_ticks(ax)
        legend(ax, [row for row in rows if row in comparison.shown])
        caption += further_models(comparison, rows) + _not_all_drawn(comparison)
        return finish(ax, f"curve-{axis}", caption)


def _not_all_drawn(comparison: Comparison) -> str:
    most = max(len(row.runs) for row in comparison.shown)
    return f" Of more than {LINES} seeds at most {LINES} have a line." if most > LINES else ""


Points = list[tuple[float, float]]


def points(row: Row, metric: str, axis: str) -> dict[int, Points]:
    """(cost, score) of every snapshot, by seed."""
    found = {}
    for record in row.records:
        line = [(cost(point, axis), s.value) for point in record.curve
                if (s := point.scores.get(metric)) and s.value is not None
                and math.isfinite(s.value)]  # fmt: skip
        if line:
            found[record.seed] = line
    return found


def flat(row: Row, metric: str, axis: str) -> Points:
    return [point for line in points(row, metric, axis).values() for point in line]


def cost(point: CurvePoint, axis: str) -> float:
    return point.seconds if axis == "seconds" else float(point.pictures)


def mean_curve(row: Row, metric: str, axis: str) -> Points:
    """Mean over the finished seeds, snapshot by snapshot."""
    done = {record.seed for record in row.finished}
    lines = [line for seed, line in points(row, metric, axis).items() if seed in done]
    return [
        (sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group))
        for group in zip(*lines, strict=False)
    ]


def _curve(ax: "Axes", row: Row, metric: str, axis: str) -> None:
    import seaborn

    done = {record.seed for record in row.finished}
    lines = tuple(points(row, metric, axis).items())
    for seed, line in sanitize.thinned(lines, LINES):
        x, y = zip(*line, strict=True)
        dashes = "-" if seed in done else (0, (2, 2))
        ax.plot(x, y, color=colour(row), linewidth=0.8, alpha=0.45, linestyle=dashes)
        if seed not in done:
            ax.plot(x[-1], y[-1], "x", color=colour(row), markersize=6, markeredgewidth=1.6)
    mean = mean_curve(row, metric, axis)
    if mean:
        x, y = zip(*mean, strict=True)
        seaborn.lineplot(
            x=x, y=y, ax=ax, color=colour(row), linewidth=1.9, marker=row.marker, markersize=5,
            markeredgewidth=0, errorbar=None, legend=False, linestyle=stroke(row),
        )  # fmt: skip


def _faint(ax: "Axes", line: Points) -> None:
    """The mean of a model without a colour of its own."""
    if line:
        x, y = zip(*line, strict=True)
        ax.plot(x, y, color=svg.sentinel("rule"), linewidth=0.9, zorder=0.5)


def _frontier(
    ax: "Axes", comparison: Comparison, rows: list[Row], primary: Score, axis: str
) -> str:
    """Draw the best score that any model had reached at each cost; say who held it when."""
    sign = direction(comparison, primary.metric)
    events = sorted(
        (x, sign * y, row.name) for row in rows for x, y in mean_curve(row, primary.metric, axis)
    )
    steps: list[tuple[float, float, str]] = []
    for x, y, name in events:
        if not steps or y < steps[-1][1]:
            steps.append((x, y, name))
    if not steps:
        return "No run finished: the lines end where the runs did."
    x_all = [x for x, _, _ in steps] + [events[-1][0]]
    y_all = [sign * y for _, y, _ in steps] + [sign * steps[-1][1]]
    ax.plot(
        x_all, y_all, drawstyle="steps-post", color=svg.sentinel("muted"), linewidth=5, alpha=0.22,
        zorder=0, solid_capstyle="butt",
    )  # fmt: skip
    tied = pairwise_tests.tied_with_best(comparison, primary.metric)
    return _leader_sentence(steps, axis) + _alike([r.name for r in rows if r.name in tied])


def _leader_sentence(steps: list[tuple[float, float, str]], axis: str) -> str:
    last = steps[-1][2]
    since = next(x for i, (x, _, _) in enumerate(steps) if all(s[2] == last for s in steps[i:]))
    first, moment = _moment(steps[0][0], axis), _moment(since, axis)
    if first == moment:
        return f"On average {last} leads from the first snapshot to the last."
    before = formatting.some(list(dict.fromkeys(n for _, _, n in steps if n != last)))
    return f"On average {last} leads from {moment} on; {before} did before."


def _moment(x: float, axis: str) -> str:
    return formatting.duration(x) if axis == "seconds" else f"{formatting.count(x)} paintings"


def _alike(tied: list[str]) -> str:
    """Which models the table cannot tell from the best; empty where that is one."""
    return f" In the end not told apart: {formatting.some(tied)}." if len(tied) > 1 else ""
