"""From light to a photograph: glare, tone, the lens and the film's grain."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ganbench.data.scenes.noise import SIDE, Floats, generator, plane, tile
from ganbench.data.scenes.scene import Scene

LEVELS = 4096


def expose(scene: Scene, light: Floats) -> Floats:
    """Amounts of light -> what a film shows, 0 to 1 on the screen; 3 H W."""
    brightness = float(np.mean(light[:, ::4, ::4]))
    key = scene.light.key
    gain = np.float32(key / max(brightness, 0.01)) ** np.float32(0.6) * (key / 0.2) ** 0.4
    axis = np.linspace(0, 4, LEVELS, dtype=np.float32)
    bright = axis * np.float32(gain) * np.float32(1.25)
    curve = bright * (2.51 * bright + 0.03) / (bright * (2.43 * bright + 0.59) + 0.14)
    table = np.clip(curve, 0, 1) ** np.float32(1 / 2.2)
    table += np.float32(0.45) * (table * table * (3 - 2 * table) - table)  # a film's contrast
    index = np.minimum(light * ((LEVELS - 1) / 4), LEVELS - 1).astype(np.intp)
    shown = table.take(index)
    grey = shown.mean(axis=0)
    return grey + np.float32(scene.light.colour) * (shown - grey)


def develop(picture: Floats, size: int, *key: int) -> npt.NDArray[np.uint8]:
    """A picture of twice the size -> the photograph, uint8 size size 3."""
    draw = generator(*key, 77)
    small = halve(picture) if picture.shape[1] > size else picture
    glare = np.maximum(small - np.float32(0.8), 0)
    for _ in range(2):
        glare = ndimage.uniform_filter(glare, (0, size // 16 + 1, size // 16 + 1))
    small = small + np.float32(0.9) * glare
    place = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5) ** 2
    fall = 1 - np.float32(draw.uniform(0.15, 0.5)) * (place[:, None] + place)
    small *= fall * plane(1 + draw.normal(0, 0.018, 3))
    top, left = draw.integers(SIDE, size=2)
    grain = np.roll(tile("grain"), (-top, -left), (0, 1))[:size, :size]
    small += grain * np.float32(draw.uniform(0.004, 0.011))
    return pixels(np.float32(0.012) + np.float32(0.975) * small)


def halve(picture: Floats) -> Floats:
    """Mean of each two by two pixels, 3 H W."""
    rows = picture[:, 0::2] + picture[:, 1::2]
    return (rows[:, :, 0::2] + rows[:, :, 1::2]) * np.float32(0.25)


def pixels(picture: Floats) -> npt.NDArray[np.uint8]:
    """3 H W, 0 to 1 -> uint8 H W 3."""
    whole = (np.clip(picture, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return np.ascontiguousarray(whole.transpose(1, 2, 0))
