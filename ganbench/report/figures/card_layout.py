"""Where all of a card stands: sentence, pictures or intervals, three numbers, small print."""

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganbench.report.figures import svg
from ganbench.report.figures.lettering import SCALE, Box, Lettering, line, whole

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image, ImageDraw

WIDTH, HEIGHT, MARGIN = 1200, 630, 56
INSIDE = WIDTH - 2 * MARGIN
TOP, HEADLINE, PICTURES_END, NUMBERS, SMALL_PRINT = 36, 76, 452, 482, 594  # rows, from above
NAME, VALUE = 21, 19  # heights of the two lines below a picture
BELOW_TILE = 8 + NAME + VALUE
GAP, GROUP_GAP = 14, 40
LARGEST_TILE = 300
MOST_LINES = 6  # of intervals


@dataclass(frozen=True)
class Tile:
    """A picture with its name and what there is to say of it."""

    name: str
    said: str
    colour: str
    picture: "np.ndarray"


@dataclass(frozen=True)
class Level:
    """A model where there are no pictures: its number and interval, or what became of it."""

    name: str
    said: str
    colour: str
    low: float | None
    mean: float | None
    high: float | None


@dataclass(frozen=True)
class Card:
    """What a card says."""

    top: str
    headline: str  # HTML whose only mark is <strong>
    groups: tuple[tuple[Tile, ...], ...]  # pictures of one input each; as many as fit are shown
    levels: tuple[Level, ...]  # shown where there are no pictures
    numbers: tuple[tuple[str, str], ...]  # value, what it is
    small_print: str


@dataclass(frozen=True)
class Layout:
    """Everything in its place."""

    letters: tuple[Lettering, ...]
    pictures: tuple[tuple[Box, "np.ndarray"], ...]
    strokes: tuple[tuple[Box, str], ...]  # filled rectangles in a colour


def lay_out(card: Card) -> Layout:
    """Place all of it; the sentence takes what it needs, and the pictures what is left."""
    top = [
        line("ganbench", Box(MARGIN, TOP, 130, 24), (19, 19), "accent", bold=True),
        line(card.top, Box(MARGIN + 130, TOP, INSIDE - 130, 24), (17, 13), "muted", right=True),
    ]
    headline = whole(card.headline, Box(MARGIN, HEADLINE, INSIDE, _room(card)), 38, spare=True)
    start = HEADLINE + headline.height + 20
    area = Box(MARGIN, start, INSIDE, PICTURES_END - start)
    letters, pictures, strokes = _tiles(card.groups, area) if card.groups else _lines(card, area)
    rule = (Box(MARGIN, NUMBERS - 14, INSIDE, 1), "rule")
    small = line(card.small_print, Box(MARGIN, SMALL_PRINT, INSIDE, 18), (14, 10), "muted")
    return Layout(
        (*top, headline, *letters, *_numbers(card.numbers), small),
        tuple(pictures),
        (*strokes, rule),
    )


def _room(card: Card) -> float:
    """The most height of the sentence: what pictures as wide as they can be leave to it."""
    if not card.groups:
        return 170
    tiles = _side(card.groups, 1, LARGEST_TILE) + BELOW_TILE
    return max(150, PICTURES_END - HEADLINE - 20 - tiles)


def _numbers(numbers: Sequence[tuple[str, str]]) -> list[Lettering]:
    width = (INSIDE - 2 * GROUP_GAP) / 3
    made = []
    for place, (value, about) in enumerate(numbers):
        left = MARGIN + place * (width + GROUP_GAP)
        made.append(line(value, Box(left, NUMBERS, width, 48), (40, 22), bold=True))
        made.append(whole(html.escape(about), Box(left, NUMBERS + 52, width, 44), 17, "muted"))
    return made


Parts = tuple[list[Lettering], list[tuple[Box, "np.ndarray"]], list[tuple[Box, str]]]


def _tiles(groups: Sequence[Sequence[Tile]], area: Box) -> Parts:
    """As many inputs as fill the row best, each through every model."""
    most = min(area.height - BELOW_TILE, LARGEST_TILE)
    count = max(range(1, len(groups) + 1),
                key=lambda n: (n * _side(groups, n, most) ** 2, -n))  # fmt: skip
    side = _side(groups, count, most)
    made: Parts = ([], [], [])
    left, top = area.left, area.top + (area.height - side - BELOW_TILE) / 2
    for group in groups[:count]:
        for tile in group:
            _tile(tile, Box(left, top, side, side), made)
            left += side + GAP
        left += GROUP_GAP - GAP
    return made


def _side(groups: Sequence[Sequence[Tile]], count: int, most: float) -> int:
    """Pixels of a picture's edge when `count` inputs are shown."""
    tiles = sum(map(len, groups[:count]))
    gaps = (tiles - count) * GAP + (count - 1) * GROUP_GAP
    return int(min(most, (INSIDE - gaps) / tiles))


def _tile(tile: Tile, box: Box, made: Parts) -> None:
    letters, pictures, strokes = made
    pictures.append((box, tile.picture))
    strokes.append((Box(box.left, box.bottom + 4, box.width, 3), tile.colour))
    name = Box(box.left, box.bottom + 10, box.width, NAME)
    letters.append(line(tile.name, name, (16, 11), tile.colour, bold=True))
    said = Box(box.left, name.bottom - 1, box.width, VALUE)
    letters.append(line(tile.said, said, (14, 10), "muted"))


def _lines(card: Card, area: Box) -> Parts:
    """A line a model: name, interval on one scale, number."""
    shown = card.levels[:MOST_LINES]
    made: Parts = ([], [], [])
    if not shown:
        return made
    step = min(52.0, area.height / len(shown))
    ends = [end for level in shown for end in (level.low, level.high) if end is not None]
    scale = (min(ends), max(ends)) if ends else None
    for place, level in enumerate(shown):
        row = Box(area.left, area.top + place * step, area.width, step)
        _line(level, row, scale, made)
    return made


def _line(level: Level, row: Box, scale: tuple[float, float] | None, made: Parts) -> None:
    letters, _, strokes = made
    name = Box(row.left, row.top, 380 if scale else 700, row.height)
    letters.append(line(level.name, name, (20, 12), level.colour, bold=True))
    said = Box(row.right - 330, row.top, 330, row.height)
    letters.append(line(level.said, said, (20, 11), "ink", right=True))
    if level.low is None or level.mean is None or level.high is None or scale is None:
        return
    axis = Box(name.right + 20, row.top, said.left - name.right - 40, row.height)
    width = (scale[1] - scale[0]) or 1.0
    low, mean, high = (axis.left + axis.width * (value - scale[0]) / width
                       for value in (level.low, level.mean, level.high))  # fmt: skip
    middle = row.top + row.height / 2
    strokes.append((Box(axis.left, middle, axis.width, 1), "rule"))
    strokes.append((Box(low, middle - 1, max(2.0, high - low), 3), level.colour))
    strokes.append((Box(mean - 3, middle - 7, 6, 15), level.colour))


def draw(card: Card) -> bytes:
    """The card as PNG."""
    from PIL import Image, ImageDraw

    placed = lay_out(card)
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), svg.PALETTE["paper"][0])
    canvas = ImageDraw.Draw(image)
    for box, colour in placed.strokes:
        _fill(canvas, box, svg.PALETTE[colour][0])
    for letters in placed.letters:
        letters.draw(canvas)
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    for box, picture in placed.pictures:
        image.paste(_fitted(picture, box), (round(box.left), round(box.top)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _fill(canvas: "ImageDraw.ImageDraw", box: Box, colour: str) -> None:
    left, top = round(box.left * SCALE), round(box.top * SCALE)
    width, height = (max(1, round(side * SCALE)) for side in (box.width, box.height))
    canvas.rectangle((left, top, left + width - 1, top + height - 1), fill=colour)


def _fitted(picture: "np.ndarray", box: Box) -> "Image.Image":
    from PIL import Image

    size = round(box.width), round(box.height)
    return Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
