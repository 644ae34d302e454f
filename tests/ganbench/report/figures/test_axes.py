"""What all figures share: a legend fits over its plot, however long the names are."""

from types import SimpleNamespace
from typing import Any

import pytest

from ganbench.report.figures import axes, svg

NAMES = ["dcgan", "cyclegan-unet", "cyclegan-resnet"]
LONG = [f"cyclegan-resnet:blocks={n},width={16 * n}" for n in range(1, 10)]


def row(name: str) -> Any:
    return SimpleNamespace(
        colour=1, marker="o", framework="pytorch", shortened=lambda length: name[:length]
    )


@pytest.mark.parametrize(
    "names", [NAMES, NAMES + LONG[:3], LONG, NAMES[:1] + LONG[:1], [*NAMES, *NAMES], ["dcgan"]]
)
def test_a_legend_is_no_wider_than_its_figure(names):
    with svg.style():
        ax = axes.axes()
        axes.legend(ax, [row(name) for name in names])
        ax.figure.canvas.draw()
        (legend,) = ax.figure.legends
        assert legend.get_window_extent().x1 <= ax.figure.bbox.x1


def test_short_names_stand_in_three_columns_and_long_ones_in_two():
    assert axes.legend_columns(NAMES) == axes.legend_columns([]) == 3
    assert axes.legend_columns([*NAMES, *LONG[:3]]) == axes.legend_columns(LONG) == 2
