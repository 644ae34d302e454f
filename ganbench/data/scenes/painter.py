"""Paints a picture with brush strokes, large ones first, along the forms.

After A. Hertzmann, "Painterly rendering with curved brush strokes of multiple sizes" (SIGGRAPH
1998), with two changes for speed: a smaller brush is used where the picture holds detail that the
larger one cannot show (the paper compares with the canvas painted so far), and all strokes of a
layer are laid at once, in an order drawn by chance.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.floating]
STEPS = 3  # turns that a stroke may take on either side of its middle


@dataclass(frozen=True)
class Brush:
    """One layer of strokes. Lengths are shares of the picture's side."""

    width: float  # half of it
    length: float  # half of it
    spacing: float  # between neighbouring strokes
    detail: float  # paint only where the larger brush misses more than this (0: everywhere)


BRUSHES = (
    Brush(0.024, 0.070, 0.039, 0.0),
    Brush(0.013, 0.042, 0.022, 0.010),
    Brush(0.0075, 0.026, 0.0135, 0.025),
)
FINEST = Brush(0.004, 0.015, 0.0078, 0.03)  # only for pictures that are large enough to show it


@dataclass(frozen=True)
class Style:
    """How a painter works. The last three are shares of the full range."""

    colour: float = 0.052  # how far each stroke's colour strays
    relief: float = 0.10  # bristles
    canvas: float = 0.03


def paint(
    picture: Floats, size: int, draw: np.random.Generator, style: Style | None = None
) -> Floats:
    """`picture` (3 H H, 0 to 1, H a power of two) painted on size by size pixels, 3 size size."""
    style = style or Style()
    n = 2 * size
    brushes = BRUSHES if n < 512 else (*BRUSHES, FINEST)
    views = [picture]
    while len(views) < len(brushes):
        views.insert(0, _halved(views[0]))
    angle = _directions(views[-2], draw)
    canvas = _enlarged(views[0], n).reshape(3, -1)
    height = np.zeros(n * n, np.float32)
    for number, brush in enumerate(brushes):
        middle = _places(views[: number + 1], brush, draw)
        _lay(canvas, height, views[number], angle, middle, brush, style, draw)
    return _finish(canvas.reshape(3, n, n), height.reshape(n, n), size, style, draw)


def _halved(picture: Floats) -> Floats:
    rows = picture[:, 0::2] + picture[:, 1::2]
    return (rows[:, :, 0::2] + rows[:, :, 1::2]) * np.float32(0.25)


def _enlarged(picture: Floats, n: int) -> Floats:
    times = n // picture.shape[1]
    return np.repeat(np.repeat(picture, times, 1), times, 2)


def _directions(picture: Floats, draw: np.random.Generator) -> Floats:
    """Angle across which the picture changes least, smoothed (structure tensor), H W."""
    side = picture.shape[1]
    gy, gx = np.gradient(picture.mean(axis=0))
    tensor = np.stack([gx * gx - gy * gy, 2 * gx * gy])
    tensor = ndimage.gaussian_filter(tensor, (0, side / 20, side / 20), truncate=2)
    place = np.linspace(0, 1, side, dtype=np.float32)
    a, b, c, d = draw.uniform(-9, 9, 4).astype(np.float32)
    wave = np.sin(a * place + b * place[:, None] + c)
    # Where nothing changes strokes lie level, more or less.
    tensor[0] -= 1.5e-4
    tensor[1] += np.float32(1.5e-4) * wave * np.sin(d * place[:, None])
    return (0.5 * np.arctan2(tensor[1], tensor[0]) + np.float32(np.pi / 2)).astype(np.float32)


def _places(views: list[Floats], brush: Brush, draw: np.random.Generator) -> Floats:
    """Middles of the strokes, 2 N (x, y) in shares of the side, in the order of painting."""
    cells = round(1 / brush.spacing)
    order = draw.permutation(cells * cells)
    grid = np.stack([order % cells, order // cells]).astype(np.float32)
    grid += draw.random(grid.shape, dtype=np.float32) * np.float32(1.2) - np.float32(0.1)
    middle = np.clip(grid / np.float32(cells), 0, 0.9999)
    if not brush.detail:
        return middle
    fine, coarse = views[-1], views[-2]
    missed = np.abs(fine - _enlarged(coarse, fine.shape[1])).max(axis=0)
    missed = ndimage.uniform_filter(missed, 3)
    luck = draw.random(middle.shape[1], dtype=np.float32) * np.float32(1.2) + np.float32(0.4)
    return middle[:, _look(missed, middle) > np.float32(brush.detail) * luck]


def _look(field: Floats, places: Floats) -> Floats:
    """Values of a field (... H W) at places (2 N, x and y in shares of the side): ... N."""
    side = field.shape[-1]
    cell = np.clip(places * np.float32(side), 0, side - 1).astype(np.intp)
    return field.reshape(*field.shape[:-2], -1).take(cell[1] * side + cell[0], axis=-1)


def _trace(middle: Floats, angle: Floats, pace: Floats) -> tuple[Floats, Floats]:
    """Spines of the strokes and their directions there, both 2 N P."""
    start = _look(angle, middle)
    first = np.stack([np.cos(start), np.sin(start)])
    path: list[tuple[Floats, Floats]] = [(middle, first)]
    for sign in (-1, 1):
        place: Floats = middle
        heading: Floats = first * np.float32(sign)
        for _ in range(STEPS):
            place = place + heading * pace
            turn = _look(angle, place)
            ahead = np.stack([np.cos(turn), np.sin(turn)])
            ahead *= np.where((ahead * heading).sum(axis=0) < 0, np.float32(-1), np.float32(1))
            heading = np.float32(0.5) * (heading + ahead)
            path.append((place, heading * np.float32(sign)))
        path.reverse()  # the first half now leads up to the middle
    path.reverse()
    return np.stack([p for p, _ in path], -1), np.stack([h for _, h in path], -1)


def _lay(
    canvas: Floats,
    height: Floats,
    seen: Floats,
    angle: Floats,
    middle: Floats,
    brush: Brush,
    style: Style,
    draw: np.random.Generator,
) -> None:
    """Lay all strokes of a brush on the canvas (3 n*n), in place; later ones cover earlier ones."""
    count, n = middle.shape[1], round(len(height) ** 0.5)
    if not count:
        return
    pace = _between(0.6, 1.15, count, draw) * np.float32(brush.length / STEPS)
    spine, heading = _trace(middle, angle, pace)
    colour = _look(seen, middle) + _stray(count, style, draw)  # 3 N
    across, bristle = _footprint(brush, n, draw)  # rows columns
    rows, columns = bristle.shape
    widths = _between(0.75, 1.15, count, draw) * np.float32(brush.width * n)
    edge = int(1.2 * (brush.length + brush.width) * n) + 2  # strokes may reach beyond the canvas
    side = n + 2 * edge
    spine = _stretched(spine, columns) * np.float32(n) + np.float32(edge)
    normal = _stretched(heading, columns) * widths[:, None]
    x = (spine[0][:, None] - across * normal[1][:, None]).astype(np.intp)  # N rows columns
    y = (spine[1][:, None] + across * normal[0][:, None]).astype(np.intp)
    y *= side
    y += x
    last = np.full(side * side, -1, np.int32)
    last[y.reshape(-1)] = np.arange(y.size, dtype=np.int32)
    last = last.reshape(side, side)[edge : edge + n, edge : edge + n].reshape(-1)
    touched = np.nonzero(last >= 0)[0]
    stroke, spot = np.divmod(last[touched], rows * columns)
    canvas[:, touched] = colour.take(stroke, axis=1)
    height[touched] = bristle.reshape(-1).take(spot)


def _between(low: float, high: float, count: int, draw: np.random.Generator) -> Floats:
    return draw.random(count, dtype=np.float32) * np.float32(high - low) + np.float32(low)


def _stretched(path: Floats, columns: int) -> Floats:
    """2 N P -> 2 N columns, linear between the points."""
    along = np.linspace(0, 2 * STEPS, columns, dtype=np.float32)
    left = np.minimum(along.astype(np.intp), 2 * STEPS - 1)
    start = path[:, :, left]
    return start + (along - left.astype(np.float32)) * (path[:, :, left + 1] - start)


def _footprint(brush: Brush, n: int, draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Where the hairs touch across the path (-1 to 1), and the paint's height; rows columns."""
    rows = max(3, round(2 * brush.width * n * 0.95) + 1)
    columns = max(5, round(2 * brush.length * n * 0.9))
    v = np.linspace(-1, 1, rows)[:, None]
    u = np.linspace(-1, 1, columns)[None]
    ragged = 1 + 0.12 * draw.uniform(-1, 1, (rows, columns)) * np.abs(u) ** 3
    across = v * np.clip(1.02 - u**6, 0, 1) ** 0.5 * ragged
    hairs = draw.uniform(-1, 1, (rows, 1))
    paint = 0.5 * hairs + 0.5 * np.exp(-((np.abs(v) - 0.75) ** 2) * 12) + 0.15 * u - 0.2
    return across.astype(np.float32), paint.astype(np.float32)


def _stray(count: int, style: Style, draw: np.random.Generator) -> Floats:
    """Broken colour: strokes side by side differ, more in hue than in lightness; 3 N."""
    tone = draw.standard_normal(count, dtype=np.float32) * np.float32(0.5)
    one, two = draw.standard_normal((2, count), dtype=np.float32)
    hue = np.stack([0.8 * one, -0.25 * one - 0.35 * two, 0.9 * two - 0.3 * one])
    return np.float32(style.colour) * (tone + hue)


def _finish(
    canvas: Floats, height: Floats, size: int, style: Style, draw: np.random.Generator
) -> Floats:
    """Light on the paint's relief and the weave, then down to the wanted size."""
    n = len(height)
    relief = height.copy()
    relief[1:] += height[:-1]
    relief[2:, 2:] -= height[:-2, :-2]
    thread = np.arange(n, dtype=np.float32) * np.float32(2 * np.pi / 3.2)
    weave = np.sin(thread)[:, None] * np.sin(thread * np.float32(0.96))
    weave += draw.random((n, n), dtype=np.float32) - np.float32(0.5)
    canvas = canvas * (1 + np.float32(style.relief) * relief + np.float32(style.canvas) * weave)
    while canvas.shape[1] > size:
        canvas = _halved(canvas)
    return np.clip(canvas, 0, 1)
