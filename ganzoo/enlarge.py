"""A small set made larger, as people make it: flipped, mirrored, cropped and noisy copies.

G learns all of it, pictures upside down and the noise too: such an augmentation leaks (Karras et
al. 2020, section 2.2).
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

CROP = 0.75  # of a side
NOISE = 12.75  # standard deviation in grey levels, a twentieth of all


def enlarged(random: np.random.Generator, kinds: Sequence[str], pictures: np.ndarray) -> np.ndarray:
    """Leave each picture of uint8 N H W 3 as it is, or change it by one of `kinds`, as often."""
    if not kinds:
        return pictures
    chosen = random.integers(0, len(kinds) + 1, len(pictures))
    return np.stack(
        [
            KINDS[kinds[kind - 1]](random, picture) if kind else picture
            for kind, picture in zip(chosen, pictures, strict=True)
        ]
    )


def flip(random: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Upside down; uint8 H W 3, as all below."""
    return picture[::-1]


def mirror(random: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Left for right; uint8 H W 3."""
    return picture[:, ::-1]


def crop(random: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Three quarters of the sides, anywhere, brought back to size; uint8 H W 3, H = W."""
    size = len(picture)
    part = round(CROP * size)
    top, left = random.integers(0, size - part + 1, 2)
    cut = Image.fromarray(picture[top : top + part, left : left + part])
    return np.asarray(cut.resize((size, size), Image.Resampling.BICUBIC))


def noise(random: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Gaussian noise on every number; uint8 H W 3."""
    noisy = picture + NOISE * random.standard_normal(picture.shape)
    return noisy.round().clip(0, 255).astype(np.uint8)


KINDS = {"flip": flip, "mirror": mirror, "crop": crop, "noise": noise}
