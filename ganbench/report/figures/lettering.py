"""Words in a box: wrapped, and set as large as the box allows. Nothing is drawn outside of it."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ganbench.report.figures import svg
from ganbench.system import drawing

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

SCALE = 2  # everything is drawn so much larger and then reduced
SMALLEST = 6  # pixels of letters that must not be cut
LESS = 0.78  # of the largest size that fits, where that spares a line
LEADING = 1.16  # of the size of letters
_GLUED = re.compile(r"\([^()<>]{1,24}\)")  # an interval stays in one line
Run = tuple[str, bool]  # letters, and whether they are bold
Word = tuple[Run, ...]


@dataclass(frozen=True)
class Box:
    """A place on the picture, in its pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True)
class Lettering:
    """Lines of one size in a box."""

    lines: tuple[tuple[Word, ...], ...]
    size: int
    colour: str  # of svg.PALETTE
    box: Box
    right: bool = False  # aligned to the right
    middle: bool = False  # of the box's height; otherwise at its top

    @property
    def top(self) -> float:
        return self.box.top + (self.box.height - self.height) / 2 * self.middle

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LEADING

    @property
    def width(self) -> float:
        return max((_width(line, self.size) for line in self.lines), default=0.0)

    @property
    def text(self) -> str:
        return " ".join(_plain(line) for line in self.lines)

    def draw(self, canvas: "ImageDraw") -> None:
        ink = svg.PALETTE[self.colour][0]
        for place, line in enumerate(self.lines):
            x = self.box.right - _width(line, self.size) if self.right else self.box.left
            y = self.top + (place + 0.5) * self.size * LEADING
            for text, bold in _runs(line):
                at = (x * SCALE, y * SCALE)
                canvas.text(at, text, ink, _font(self.size, bold), anchor="lm")
                x += _length(text, self.size, bold)


def whole(text: str, box: Box, largest: int, colour: str = "ink", spare: bool = False) -> Lettering:
    """All of `text`, in which <strong> may mark what is bold, as large as `box` holds it.

    With `spare` somewhat smaller where that saves a line, which else might be of one word.
    """
    words = _words(_GLUED.sub(lambda found: found[0].replace(" ", "\u00a0"), text))
    sizes = range(largest, SMALLEST - 1, -1)
    fitting = (size for size in sizes if _fits(_wrapped(words, box.width, size), box, size))
    best = next(fitting, SMALLEST)
    lines = _wrapped(words, box.width, best)
    for size in range(best, round(best * LESS) if spare else best, -1):
        fewer = _wrapped(words, box.width, size)
        if len(fewer) < len(lines):
            return Lettering(fewer, size, colour, box)
    return Lettering(lines, best, colour, box)


def _fits(lines: Sequence[Sequence[Word]], box: Box, size: int) -> bool:
    widest = max((_width(line, size) for line in lines), default=0.0)
    return len(lines) * size * LEADING <= box.height and widest <= box.width


def line(
    text: str, box: Box, sizes: tuple[int, int], colour: str = "ink", bold: bool = False,
    right: bool = False,
) -> Lettering:  # fmt: skip
    """`text` in one line, in letters of the larger size down to the smaller; then cut within."""
    text = " ".join(text.split())
    largest, smallest = sizes
    for size in range(largest, smallest - 1, -1):
        if _length(text, size, bold) <= box.width:
            break
    kept = len(text)
    said = text
    while kept > 1 and _length(said, size, bold) > box.width:
        kept -= 1
        said = f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
    words = (tuple(((part, bold),) for part in said.split()),)
    return Lettering(words, size, colour, box, right, middle=True)


def _words(marked: str) -> list[Word]:
    """Words of HTML whose only mark is <strong>, each in runs of one weight."""
    words: list[list[Run]] = [[]]
    bold = False
    for part in re.split(r"(</?strong>|[ \n\t]+)", marked):
        if part in ("<strong>", "</strong>"):
            bold = part == "<strong>"
        elif part and part[0] in " \n\t":
            words.append([])
        elif part:
            words[-1].append((html.unescape(part), bold))
    return [tuple(word) for word in words if word]


def _wrapped(words: Iterable[Word], width: float, size: int) -> tuple[tuple[Word, ...], ...]:
    lines: list[tuple[Word, ...]] = []
    now: tuple[Word, ...] = ()
    for word in [part for whole_ in words for part in _broken(whole_, width, size)]:
        if now and _width((*now, word), size) > width:
            lines.append(now)
            now = ()
        now = (*now, word)
    return (*lines, now) if now else tuple(lines)


def _broken(word: Word, width: float, size: int) -> list[Word]:
    """A word in parts that fit in a line."""
    if _width((word,), size) <= width:
        return [word]
    parts: list[Word] = []
    now: list[Run] = []
    for text, bold in word:
        for letter in text:
            if now and _width((tuple(now),), size) + _length(letter, size, bold) > width:
                parts.append(_joined(now))
                now = []
            now.append((letter, bold))
    return [*parts, _joined(now)]


def _joined(letters: Sequence[Run]) -> Word:
    runs: list[Run] = []
    for letter, bold in letters:
        if runs and runs[-1][1] == bold:
            runs[-1] = (runs[-1][0] + letter, bold)
        else:
            runs.append((letter, bold))
    return tuple(runs)


def _runs(words: Sequence[Word]) -> Word:
    """A line as runs of one weight, with its spaces."""
    spaced: list[Run] = []
    for place, word in enumerate(words):
        if place:
            both = spaced[-1][1] and word[0][1]
            spaced.append((" ", both))
        spaced += word
    return _joined(spaced)


def _plain(words: Sequence[Word]) -> str:
    return "".join(text for text, _ in _runs(words))


def _width(words: Sequence[Word], size: int) -> float:
    return sum(_length(text, size, bold) for text, bold in _runs(words))


@lru_cache(maxsize=4096)
def _length(text: str, size: int, bold: bool) -> float:
    return _font(size, bold).getlength(text) / SCALE


@lru_cache(maxsize=128)
def _font(size: int, bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont

    basic = ImageFont.Layout.BASIC  # the same letters with and without Raqm
    return ImageFont.truetype(drawing.font_file(bold), size * SCALE, layout_engine=basic)
