"""A picture of any size through a network of one size: tiles that overlap, blended.

The picture is first continued by reflection on every side, so that what a network draws badly, the
outermost pixels of what it is given, lies outside of it. Where two tiles overlap, one fades into
the other along a cosine.
"""

from collections.abc import Callable, Iterator

import numpy as np

Draw = Callable[[np.ndarray], np.ndarray]  # uint8 N S S 3 -> uint8 N S S C

OVERLAP = 0.5  # of a tile with the next one; half as much lies outside, along the edges


def draw(picture: np.ndarray, size: int, network: Draw) -> np.ndarray:
    """uint8 H W 3 -> uint8 H W C, drawn by a network whose pictures are `size` x `size`.

    One that has exactly that size is drawn in one piece.
    """
    height, width = picture.shape[:2]
    if (height, width) == (size, size):
        return network(picture[None])[0]
    down, across = (_Line(side, size) for side in (height, width))
    strips = (_strip(picture[rows][:, across.places], across, network) for rows in down.tiles())
    made = np.concatenate(list(_below_each_other(strips, down)))
    return made[down.margin :, across.margin : across.margin + width][:height]


class _Line:
    """One side of a picture, cut into tiles that overlap."""

    def __init__(self, side: int, size: int):
        self.size, self.overlap = size, round(size * OVERLAP)
        self.margin = self.overlap // 2
        self.stride = size - self.overlap
        self.count = max(1, -(-(side + 2 * self.margin - self.overlap) // self.stride))
        length = self.count * self.stride + self.overlap
        self.places = _reflected(side, self.margin, length)
        self.shares = self._shares(length)  # of each tile in each of its places

    def starts(self) -> range:
        return range(0, self.count * self.stride, self.stride)

    def tiles(self) -> list[np.ndarray]:
        """The places in the picture of every tile's pixels."""
        return [self.places[start : start + self.size] for start in self.starts()]

    def _shares(self, length: int) -> np.ndarray:
        """float32 tiles S: those of all tiles at one place add up to 1."""
        rising = 0.5 - 0.5 * np.cos(np.pi * (np.arange(self.overlap) + 0.5) / self.overlap)
        fade = np.concatenate([rising, np.ones(self.size - 2 * self.overlap), rising[::-1]])
        total = np.zeros(length)
        for start in self.starts():
            total[start : start + self.size] += fade
        shares = [fade / total[start : start + self.size] for start in self.starts()]
        return np.stack(shares).astype(np.float32)


def _reflected(side: int, before: int, length: int) -> np.ndarray:
    """Places of a line of pixels that goes on beyond both its ends as in a mirror."""
    period = max(1, 2 * side - 2)
    places = np.arange(-before, length - before) % period
    return np.where(places < side, places, period - places)


def _strip(row: np.ndarray, across: _Line, network: Draw) -> np.ndarray:
    """One row of tiles, blended side by side: float32 S W C."""
    size = across.size
    tiles = network(np.stack([row[:, start : start + size] for start in across.starts()]))
    made = np.zeros((*row.shape[:2], tiles.shape[-1]), np.float32)
    for start, tile, share in zip(across.starts(), tiles, across.shares, strict=True):
        made[:, start : start + size] += share[:, None] * tile
    return made


def _below_each_other(strips: Iterator[np.ndarray], down: _Line) -> Iterator[np.ndarray]:
    """Rows of tiles blended, as uint8: the part of each that the next one does not reach."""
    rest: np.ndarray | float = 0.0
    for strip, share in zip(strips, down.shares, strict=True):
        faded = strip * share[:, None, None]
        faded[: down.overlap] += rest
        yield _rounded(faded[: down.stride])
        rest = faded[down.stride :]
    yield _rounded(np.asarray(rest))


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)
