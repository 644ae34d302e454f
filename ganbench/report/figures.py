"""The figures: how sure, quality against cost, learning curves. Each states what it found."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganbench.record import CurvePoint, Score
from ganbench.report import statistics, svg, words
from ganbench.report.rows import Comparison, Row, direction
from ganbench.report.tables import heading, mean_cost

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 4.7  # inches of 72 CSS pixels; one column of the page
LOG_FROM = 20  # a range of this ratio is drawn on a logarithmic axis
MOST_FOREST = 24  # models that a figure can hold, a line each


@dataclass(frozen=True)
class Figure:
    """A drawing with the sentence that says what it shows."""

    name: str
    caption: str
    svg: str  # in sentinel colours

    @property
    def inline(self) -> str:
        return svg.for_page(self.svg, self.name, self.caption)


def colour(row: Row) -> str:
    return svg.sentinel(f"c{row.colour}")


def stroke(row: Row) -> Any:
    """How the line of a row is drawn: twins may lie on each other, and both have to be seen."""
    return (0, (3, 1.5)) if row.framework == "tensorflow" else "-"


def axes(width: float = WIDTH, height: float = 3.0) -> "Axes":
    from matplotlib import pyplot

    _, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    return ax


def finish(ax: "Axes", name: str, caption: str) -> Figure:
    return Figure(name, caption, svg.render(ax.figure))  # type: ignore[arg-type]


def legend(ax: "Axes", rows: list[Row]) -> None:
    """Names above the axes, each with its colour and its marker."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour(row), marker=row.marker, markersize=5, linewidth=1.6,
               linestyle=stroke(row))
        for row in rows
    ]  # fmt: skip
    names = [row.shortened(30) for row in rows]
    columns = 3 if sum(map(len, names[:3])) < 42 else 2
    ax.figure.legend(
        handles, names, loc="outside upper left", ncols=columns, handlelength=1.6,
        columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


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
    dots = statistics.differences(mine, its)
    interval = statistics.paired(mine, its)
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
        interval = statistics.paired(row.values(primary.metric), best.values(primary.metric))
        if interval is None or interval.half_width is None:
            alone.append(row.name)
        else:
            (told if interval.excludes_zero else open_).append(row.name)
    parts = []
    if told:
        verb = "lies" if len(told) == 1 else "lie"
        parts.append(f"{words.some(told)} {verb} clear of {best.name}.")
    if open_:
        parts.append(f"{words.some(open_)} cannot be told from {best.name}.")
    if alone:
        parts.append(f"{words.some(alone)}: one seed in common, no interval.")
    return " ".join(parts)


def curves(comparison: Comparison, axis: str) -> Figure | None:
    """The metric while training goes on, against "seconds" or "pictures"; grey: best so far."""
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
        if axis == "pictures" and _wide([x for x, _ in drawn]):
            ax.set_xscale("log")
        if _wide([y for _, y in drawn]):
            ax.set_yscale("log")
        ax.set_xlabel("training seconds" if axis == "seconds" else "paintings shown")
        ax.set_ylabel(heading(primary))
        plain_ticks(ax)
        legend(ax, [row for row in rows if row in comparison.shown])
        return finish(ax, f"curve-{axis}", caption + _grey(comparison, rows))


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
    for seed, line in points(row, metric, axis).items():
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


def _grey(comparison: Comparison, rows: list[Row]) -> str:
    """What the faint lines or marks are, where there are any."""
    count = sum(row in comparison.unshown for row in rows)
    return f" Faint and grey: {words.plural(count, 'further model')}." if count else ""


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
    return _leader_sentence(steps, axis)


def _leader_sentence(steps: list[tuple[float, float, str]], axis: str) -> str:
    last = steps[-1][2]
    since = next(x for i, (x, _, _) in enumerate(steps) if all(s[2] == last for s in steps[i:]))
    if since == steps[0][0]:
        return f"{last} holds the best score from the first snapshot to the last."
    moment = words.duration(since) if axis == "seconds" else f"{words.count(since)} paintings"
    before = words.some(list(dict.fromkeys(n for _, _, n in steps if n != last)))
    return f"{last} holds the best score from {moment} on; {before} did before."


def _wide(values: list[float]) -> bool:
    positive = [value for value in values if value > 0]
    return len(positive) == len(values) > 1 and max(positive) > LOG_FROM * min(positive)


def plain_ticks(ax: "Axes") -> None:
    """2,000 instead of 2 x 10^3, also on logarithmic axes; few of them."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def text(value: float, _: Any = None) -> str:
        return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:g}"

    for part, scale in ((ax.xaxis, ax.get_xscale()), (ax.yaxis, ax.get_yscale())):
        part.set_major_formatter(FuncFormatter(text))
        part.set_minor_formatter("")
        if scale == "linear":
            part.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))


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
        if _wide([total_work(row) or 0 for row in rows]):
            ax.set_xscale("log")
        ax.set_xlabel("TFLOP spent on training")
        ax.set_ylabel(heading(primary))
        ax.margins(0.14)
        plain_ticks(ax)
        legend(ax, [row for row in rows if row in comparison.shown])
        caption = _pareto_caption(front, rows) + _grey(comparison, rows)
        return finish(ax, "quality-cost", caption)


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
    said = f"Worth their work: {words.some(names)}."
    verb = "is" if len(beaten) == 1 else "are"
    return said + (f" {words.some(beaten)} {verb} beaten in both." if beaten else "")
