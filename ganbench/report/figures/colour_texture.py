"""Colour and texture drawn: histograms of the three channels, and radial power spectra."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganbench.report.analysis.comparison import Row
from ganbench.report.figures import axes, svg
from ganbench.report.figures.axes import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHANNELS = ("red", "green", "blue")
PERIODS = (2, 4)  # pixels: where transposed convolutions of stride 2 leave a mesh
TOP = 255  # grey levels
TICKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # cycles per pixel


@dataclass(frozen=True)
class Line:
    """What one line of a figure shows: a model, or one of the two sides of the data."""

    row: Row | None
    name: str
    x: Sequence[float]
    y: Sequence[float]


def histograms(lines: Sequence[Sequence[Line]], caption: str) -> Figure:
    """Three panels, one a channel, each with a line a model and dashed ones for the data."""
    from matplotlib import figure

    with svg.style():
        sheet = figure.Figure(figsize=(axes.WIDTH, 4.4), layout="constrained")
        panels = sheet.subplots(3, sharex=True)
        for panel, channel, drawn in zip(panels, CHANNELS, lines, strict=True):
            for line in drawn:
                _draw(panel, line)
            panel.set_ylabel(f"share in {channel}")
            panel.set_xlim(0, TOP)
            panel.set_ylim(bottom=0)
            panel.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        panels[-1].set_xlabel("grey level of the channel")
        _legend(panels[0], lines[0])
        return Figure("colour", caption, svg.render(sheet))


def spectra(lines: Sequence[Line], caption: str) -> Figure:
    """Power in dB by frequency on a logarithmic axis, with the places of a mesh marked."""
    with svg.style():
        ax = axes.axes(height=4.4)
        for line in lines:
            _draw(ax, line)
        ax.set_xscale("log")
        ax.set_xticks([tick for tick in TICKS if tick >= min(min(line.x) for line in lines)])
        for period in PERIODS:
            ax.axvline(1 / period, color=svg.sentinel("muted"), linewidth=1, linestyle=(0, (4, 3)))
            ax.annotate(
                f"mesh: {period} px", (1 / period, 0.99), xycoords=("data", "axes fraction"),
                xytext=(-4, 0), textcoords="offset points", rotation=90, ha="right", va="top",
                fontsize=8, color=svg.sentinel("muted"),
            )  # fmt: skip
        ax.set_xlabel("frequency in cycles per pixel")
        ax.set_ylabel("power of the luma (dB)")
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        ax.xaxis.set_minor_formatter("")
        _legend(ax, lines)
        return axes.finish(ax, "texture", caption)


def _draw(ax: "Axes", line: Line) -> None:
    if line.row is None:
        dashes = (0, (5, 2)) if line.name == "paintings" else (0, (1, 1.5))
        ink = svg.sentinel("ink" if line.name == "paintings" else "muted")
        ax.plot(line.x, line.y, color=ink, linewidth=1.4, linestyle=dashes, zorder=3)
        return
    ax.plot(
        line.x, line.y, color=axes.colour(line.row), linewidth=1.4, marker=line.row.marker,
        markersize=3.6, markevery=max(1, len(line.x) // 8), linestyle=axes.stroke(line.row),
    )  # fmt: skip


def _legend(ax: "Axes", lines: Sequence[Line]) -> None:
    names = [line.row.shortened(28) if line.row else line.name for line in lines]
    ax.figure.legend(
        ax.get_lines()[: len(lines)], names, loc="outside upper left",
        ncols=axes.legend_columns(names), handlelength=1.9, columnspacing=1.4, borderaxespad=0.2,
    )  # fmt: skip
