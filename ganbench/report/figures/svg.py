"""From a matplotlib figure to an SVG that follows the page's light, dark and print colours.

Figures are drawn in sentinel colours. In the page these become CSS variables, in a file of its own
the colours of the light theme.
"""

import html
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ganbench.report import sanitize
from ganbench.system import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PALETTE = {  # name: light, dark; the page's only colours
    "paper": ("#fcfbf8", "#15161a"),
    "panel": ("#f4f2ec", "#1d1f24"),
    "ink": ("#1c1b19", "#eceae4"),
    "muted": ("#625d54", "#aba79d"),
    "rule": ("#dcd7cb", "#383a41"),
    "accent": ("#8a2f1d", "#f0a58f"),
    "c1": ("#1d5a9e", "#8fbcf5"),
    "c2": ("#a83a12", "#f5a37f"),
    "c3": ("#1f6b43", "#86d3a7"),
    "c4": ("#7b3a94", "#d5a9ee"),
    "c5": ("#7a5a00", "#e2c065"),
    "c6": ("#0c6570", "#7ad0dc"),
    "c7": ("#a62a59", "#f49dbc"),
    "c8": ("#4b5563", "#b9c4d2"),
}
_SENTINELS = {name: f"#0b0d{index:02x}" for index, name in enumerate(PALETTE, start=1)}
_DRAWN = re.compile(r' d="[^"]*"')  # coordinates to a hundredth of a pixel are enough
_LONG = re.compile(r"(\.\d\d)\d+")
_ATTRIBUTE = re.compile(r'(id="|href="#|url\(#)')


def sentinel(name: str) -> str:
    """The colour to draw with where the page shall show `name`."""
    return _SENTINELS[name]


def css_variables() -> str:
    """The palette as CSS custom properties."""
    pairs = (f"--{name}: light-dark({light}, {dark});" for name, (light, dark) in PALETTE.items())
    return ":root { " + " ".join(pairs) + " }"


@contextmanager
def style() -> Iterator[None]:
    """Seaborn's theme in our colours; text stays text, and equal figures get equal bytes."""
    with drawing.defaults(), warnings.catch_warnings():
        import matplotlib as mpl
        import seaborn

        theme: dict[str, Any] = seaborn.axes_style("ticks") | seaborn.plotting_context("paper")
        settings: Any = theme | _settings()
        mpl.rcParams.update(settings)
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _settings() -> dict[str, Any]:
    ink, muted, rule = sentinel("ink"), sentinel("muted"), sentinel("rule")
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": "ganbench",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 8.5,
        "axes.labelsize": 8.5,
        "axes.titlesize": 8.5,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8.5,
        "text.color": ink,
        "axes.labelcolor": muted,
        "axes.edgecolor": rule,
        "axes.facecolor": "none",
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": rule,
        "grid.linewidth": 0.6,
        "xtick.color": rule,
        "ytick.color": rule,
        "xtick.labelcolor": muted,
        "ytick.labelcolor": muted,
        "xtick.major.size": 3,
        "ytick.major.size": 0,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "legend.frameon": False,
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
    }


def render(figure: "Figure") -> str:
    """The figure as SVG text in sentinel colours, with nothing in it that names a date."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r"<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.S)
    text = text[text.index("<svg") :]
    text = sanitize.plain(re.sub(r"<!--.*?-->", "", text, flags=re.S))
    text = _DRAWN.sub(lambda match: _LONG.sub(r"\1", match[0]), text)
    return text.replace("'DejaVu Sans'", "system-ui, sans-serif")


def for_page(text: str, name: str, label: str) -> str:
    """The SVG to set into the page: CSS variables for colours, ids of its own, a spoken label."""
    for colour, value in _SENTINELS.items():
        text = text.replace(value, "currentColor" if colour == "ink" else f"var(--{colour})")
    text = _ATTRIBUTE.sub(rf"\g<1>{name}-", text)
    opening = f'<svg class="figure" role="img" aria-label="{html.escape(label)}"'
    text = re.sub(r'<svg\b(.*?) width="[^"]*"', lambda m: "<svg" + m[1], text, count=1, flags=re.S)
    text = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r"\1", text, count=1, flags=re.S)
    return text.replace("<svg", opening, 1)


def for_file(text: str) -> str:
    """The SVG as a file of its own, in the light theme."""
    for colour, value in _SENTINELS.items():
        text = text.replace(value, PALETTE[colour][0])
    return '<?xml version="1.0" encoding="utf-8"?>\n' + text
