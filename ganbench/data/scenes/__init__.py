"""The embedded data set: landscapes, photographs and paintings, drawn by the project itself."""

import numpy as np
import numpy.typing as npt

from ganbench.data.scenes.noise import generator
from ganbench.data.scenes.painter import paint
from ganbench.data.scenes.palette import regrade
from ganbench.data.scenes.render import render
from ganbench.data.scenes.scene import scene
from ganbench.data.scenes.tone_mapping import develop, pixels
from ganbench.errors import InputError

VERSION = 1  # raise it when the drawing changes: cached pictures are then drawn again
COUNTS = {"photo": 600, "painting": 300}
Pixels = npt.NDArray[np.uint8]

_PHOTO, _PAINTING, _HAND = 1, 2, 3


def photo(index: int, size: int, seed: int = 0) -> Pixels:
    """Photograph number `index`, uint8 size size 3; `size` a power of two from 32 to 512."""
    return _photograph((seed, _PHOTO, index), _checked(size, index, seed))


def painting(index: int, size: int, seed: int = 0) -> Pixels:
    """Painting number `index`, uint8 size size 3, of a scene that no photograph shows."""
    return _painted((seed, _PAINTING, index), _checked(size, index, seed))


def pair(index: int, size: int, seed: int = 0) -> tuple[Pixels, Pixels]:
    """Photograph number `index` and the true painting of its scene."""
    key = (seed, _PHOTO, index)
    return _photograph(key, _checked(size, index, seed)), _painted(key, size)


def _checked(size: int, index: int, seed: int) -> int:
    if index < 0 or seed < 0:
        raise InputError(f"there is no scene {index} of seed {seed}", "numbers begin at 0")
    if size not in (32, 64, 128, 256, 512):
        raise InputError(
            f"the scenes cannot be drawn at {size} pixels", "use 32, 64, 128, 256 or 512"
        )
    return size


def _photograph(key: tuple[int, ...], size: int) -> Pixels:
    return develop(render(scene(*key), 2 * size), size, *key)


def _painted(key: tuple[int, ...], size: int) -> Pixels:
    draw = generator(*key, _HAND)
    picture = regrade(render(scene(*key), min(max(size, 64), 256)), draw)
    return pixels(paint(picture, size, draw))
