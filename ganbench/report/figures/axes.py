"""What all figures share: a drawing with its finding, colours and markers of models, ticks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.analysis.intervals import Interval
from ganbench.report.figures import svg
from ganbench.report.formatting import LOG_FROM

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 4.7  # inches of 72 CSS pixels; one column of the page


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
    """How the line of a row is drawn: two frameworks may lie on each other."""
    return (0, (3, 1.5)) if row.framework == "tensorflow" else "-"


def axes(width: float = WIDTH, height: float = 3.0) -> "Axes":
    from matplotlib import figure

    return figure.Figure(figsize=(width, height), layout="constrained").subplots()


def interval_axes(rows: int, head: float, top: float) -> "Axes":
    """Axes for a line a model, one below the other, `top` lines free above and `head` inches."""
    ax = axes(height=0.62 * rows + head)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_ylim(rows - 0.35, -top)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    return ax


def interval_row(
    ax: "Axes", place: int, name: str, row: Row, dots: Sequence[float], interval: Interval | None,
    scale: Callable[[float], float] = float,
) -> None:  # fmt: skip
    """A model's name, its interval on the axis' `scale` where it has one, and a dot a seed."""
    ax.annotate(
        name, (0, place - 0.26), xycoords=("axes fraction", "data"),
        bbox={"facecolor": svg.sentinel("paper"), "edgecolor": "none", "pad": 1.5},
        color=colour(row), fontsize=8.5, va="center",
    )  # fmt: skip
    if interval is not None and interval.half_width is not None:
        low, mean, high = map(scale, (interval.low, interval.mean, interval.high))
        ax.plot([low, high], [place] * 2, color=colour(row), linewidth=2.2, solid_capstyle="round")
        ax.plot([mean] * 2, [place - 0.1, place + 0.1], color=colour(row), linewidth=2.2)
    ax.plot(
        dots, [place + 0.2] * len(dots), row.marker, color=colour(row), markersize=4.6,
        markeredgecolor=svg.sentinel("paper"), markeredgewidth=0.5,
    )  # fmt: skip


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
    names = [row.shortened(28) for row in rows]
    ax.figure.legend(
        handles, names, loc="outside upper left", ncols=legend_columns(names), handlelength=1.6,
        columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip


def legend_columns(names: Sequence[str]) -> int:
    """Columns that fit over a plot: three, where the longest names of each stand side by side."""
    size, longer = divmod(len(names), 3)  # a legend is filled column by column
    ends = [(k + 1) * size + min(k + 1, longer) for k in range(3)]
    columns = (names[start:end] for start, end in zip([0, *ends], ends, strict=False))
    return 3 if sum(max(map(len, column), default=0) for column in columns) < 42 else 2


def further_models(comparison: Comparison, rows: list[Row]) -> str:
    """What the faint lines or marks are, where there are any."""
    count = sum(row in comparison.unshown for row in rows)
    return f" Faint and grey: {formatting.plural(count, 'further model')}." if count else ""


def is_wide(values: list[float]) -> bool:
    """Do these values need a logarithmic axis?"""
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
