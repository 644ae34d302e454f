"""`ganbench data inspect`: one page or picture that shows what the models will learn from."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganbench.data import load, statistics
from ganbench.data.batches import probe_order
from ganbench.data.sources import layout
from ganbench.data.statistics import DomainStatistics
from ganbench.data.store import FEWEST, Domain, OnProgress
from ganbench.errors import InputError
from ganbench.system import drawing, files, html

SHEET = 36  # pictures of each domain on the contact sheet
TILE = 160  # largest side of one of them, in pixels
PANEL = 110  # height of a histogram, whose width is 256
MOST_ROWS = 200  # of broken files or duplicates before "and more"


@dataclass(frozen=True)
class Findings:
    """Everything that the page and the picture show."""

    domains: list[Domain]  # source and target, or the only one
    measured: list[DomainStatistics]
    size: int
    headline: str
    health: str
    colours: str
    warnings: list[str]


def inspect_data(
    data: str | None,
    source: str | None,
    target: str | None,
    size: int,
    out: Path,
    on_progress: OnProgress | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Write the page (.html) or picture (.png) `out`; return the same facts as strict JSON.

    A folder with one set only, or one of `source` and `target` alone, is shown alone.
    """
    kind = out.suffix.lower()
    if kind not in (".html", ".png"):
        raise InputError(f"{out} ends in neither .html nor .png", "--out data.html")
    if limit is not None and limit < FEWEST:
        raise InputError(f"the limit {limit} is below {FEWEST}", "--limit 1000")
    found = _findings(_domains(data, source, target, size, on_progress, limit), size)
    content = _page(found).encode() if kind == ".html" else _picture(found)
    try:
        files.write_bytes(out, content)
    except OSError as error:
        raise InputError(f"cannot write {out} ({error.strerror or error})") from None
    sides = ("source", "target") if len(found.domains) == 2 else ("pictures",)
    facts = {side: one.describe() for side, one in zip(sides, found.domains, strict=True)}
    return facts | {
        "headline": found.headline,
        "health": found.health,
        "colours": found.colours,
        "warnings": found.warnings,
    }


def _domains(
    data: str | None,
    source: str | None,
    target: str | None,
    size: int,
    on_progress: OnProgress | None,
    limit: int | None,
) -> list[Domain]:
    alone = source or target if data is None and (source is None) != (target is None) else None
    if alone and alone != load.EMBEDDED:
        return [load.load_one(alone, size, on_progress, limit)]
    try:
        return load.load(data, source, target, size, False, on_progress, limit).domains
    except layout.OneSet:
        if data is None:
            raise
        return [load.load_one(data, size, on_progress, limit)]


def _findings(domains: list[Domain], size: int) -> Findings:
    measured = [statistics.measure(domain) for domain in domains]
    words = [one.word for one in measured]
    counts = [_counted(domain, word) for domain, word in zip(domains, words, strict=True)]
    return Findings(
        domains=domains,
        measured=measured,
        size=size,
        headline=" and ".join(counts),
        health=_health(domains),
        colours=statistics.colours_apart(*measured) if len(measured) == 2 else "",
        warnings=statistics.warnings_of(domains, words),
    )


def _counted(domain: Domain, word: str) -> str:
    of = f" of {domain.taken_of:,}" if domain.taken_of else ""
    return f"{len(domain.names):,}{of} {word}"


def _health(domains: list[Domain]) -> str:
    broken = sum(len(domain.skipped) for domain in domains)
    repeats = sum(len(group) - 1 for domain in domains for group in domain.duplicates)
    unread = {0: "Every file can be read", 1: "One file cannot be read"}
    files_repeat = {0: "no picture appears twice", 1: "one picture appears twice"}
    return (
        f"{unread.get(broken, f'{broken:,} files cannot be read')}, and "
        f"{files_repeat.get(repeats, f'{repeats:,} pictures repeat another one')}."
    )


def _page(found: Findings) -> str:
    environment = html.templates("data")
    environment.filters["share"] = lambda value: f"{value:.1%}"
    return environment.get_template("inspect.html").render(
        found=found,
        sides=[_side(*one) for one in zip(found.domains, found.measured, strict=True)],
        roles=_roles(found),
        **_panels(found.measured),
        height=PANEL,
        overlap=statistics.overlap(*found.measured) if len(found.measured) == 2 else None,
        most_rows=MOST_ROWS,
    )


def _roles(found: Findings) -> list[tuple[str, str]]:
    if len(found.domains) == 1:
        return [("the set", "one set of pictures")]
    return [
        ("source", "what a translator starts from"),
        ("target", "what every model should resemble"),
    ]


def _side(domain: Domain, numbers: DomainStatistics) -> dict[str, Any]:
    """What the template shows of one domain."""
    sheet = probe_order(domain.names)[:SHEET]
    where = {name: index for index, name in enumerate(domain.names)}
    return {
        "domain": domain,
        "numbers": numbers,
        "tiles": [(domain.names[i], _tile(domain.pictures[i])) for i in sheet],
        "average": _tile(numbers.average),
        "enlarged": statistics.enlarged(domain),
        "duplicates": [
            (group, _tile(domain.pictures[where[group[0]]]))
            for group in domain.duplicates[:MOST_ROWS]
        ],
    }


def _tile(pixels: np.ndarray) -> str:
    """A picture, uint8 `H W 3`, small and inside the page."""
    image = Image.fromarray(np.asarray(pixels))
    image.thumbnail((TILE, TILE))
    return html.data_uri(image)


def _panels(measured: list[DomainStatistics]) -> dict[str, Any]:
    """Outlines of the histograms in a box of 256 x PANEL, all on one scale, 4 levels a bin.

    Clipped black and white would flatten all the rest, so the scale leaves the end bins out.
    """
    bins = [one.histograms.reshape(3, 64, 4).sum(axis=2) for one in measured]
    top = 1.15 * max(float(one[:, 1:-1].max()) for one in bins)
    panels = [
        {"channel": name, "lines": [_outline(one[channel] / top) for one in bins]}
        for channel, name in enumerate(statistics.CHANNELS)
    ]
    return {"panels": panels, "cut": any(bool((one > top).any()) for one in bins)}


def _outline(heights: np.ndarray) -> str:
    tops = PANEL * (1 - np.minimum(heights, 1.02))  # a line that is cut leaves through the edge
    return " ".join(f"{4 * index + 2},{top:.1f}" for index, top in enumerate(tops))


def _picture(found: Findings) -> bytes:
    with drawing.defaults():
        return _drawn(found)


def _drawn(found: Findings) -> bytes:
    from matplotlib.figure import Figure

    columns = len(found.domains)
    figure = Figure(figsize=(6.4 * columns, 9.6), dpi=150, layout="constrained", facecolor="white")
    sheets, plots = np.array(figure.subfigures(2, 1, height_ratios=(3, 1)))
    figure.suptitle(f"{found.headline} at {found.size} px. {found.health}", fontsize=14)
    for axis, domain in zip(
        sheets.subplots(1, columns, squeeze=False)[0], found.domains, strict=True
    ):
        axis.imshow(contact_sheet(domain))
        axis.set_title(domain.title, fontsize=12)
        axis.axis("off")
    _plot_histograms(plots.subplots(1, 3, sharey=True), found)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _plot_histograms(axes: Any, found: Findings) -> None:
    for channel, (axis, name) in enumerate(zip(axes, statistics.CHANNELS, strict=True)):
        for numbers, style in zip(found.measured, ("-", "--"), strict=False):
            heights = 100 * numbers.histograms[channel].reshape(64, 4).sum(axis=1)
            colour = f"tab:{name}"
            axis.plot(np.arange(64) * 4 + 2, heights, style, color=colour, label=numbers.word)
        axis.set_xlabel(f"{name}, 0 to 255")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False)
    axes[0].set_ylabel("% of pixels")


def contact_sheet(domain: Domain, columns: int = 6) -> np.ndarray:
    """The pictures chosen by hash in one uint8 `H W 3`, white between them."""
    chosen = probe_order(domain.names)[:SHEET]
    side = min(TILE, domain.pictures.shape[1])
    step = side + max(2, side // 32)
    rows = -(-len(chosen) // columns)
    sheet = np.full((rows * step, columns * step, 3), 255, np.uint8)
    for place, index in enumerate(chosen):
        image = Image.fromarray(np.asarray(domain.pictures[index])).resize((side, side))
        top, left = place // columns * step, place % columns * step
        sheet[top : top + side, left : left + side] = np.asarray(image)
    return sheet
