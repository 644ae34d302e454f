"""Real pictures and what is done to them, for the tests of what each extractor sees."""

import io
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from metrics.extractors.built_in import INCEPTION
from metrics.extractors.extractor import Extractor

# Read before tests/conftest.py hides it from what is tested.
WEIGHTS = os.environ.get("GANBENCH_INCEPTION")


@cache
def official_inception() -> Extractor:
    """Under the weights that GANBENCH_INCEPTION names; skips if they are not the official ones."""
    if not WEIGHTS:
        pytest.skip("GANBENCH_INCEPTION is not set")
    found = Extractor(INCEPTION, Path(WEIGHTS))
    if not found.official:
        pytest.skip("GANBENCH_INCEPTION does not name the official weights")
    return found


@cache
def real(kind: str, size: int, first: int, count: int, step: int = 1) -> np.ndarray:
    """Pictures of the folder `kind`, in the order of names, resized: uint8 N size size 3."""
    folder = Path(os.environ["GANBENCH_MONET"]) / kind
    paths = sorted(folder.glob("*.jpg"))[first : first + count * step : step]
    return np.stack([_resized(Image.open(path).convert("RGB"), size) for path in paths])


def _resized(picture: Image.Image, size: int) -> np.ndarray:
    small = picture.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(picture if picture.size == (size, size) else small)


def blur(pixels: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def noise(pixels: np.ndarray, grey_levels: float) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.clip(pixels + random.normal(0, grey_levels, pixels.shape), 0, 255).astype(np.uint8)


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=quality)
    return np.asarray(Image.open(stored))


def salt_and_pepper(pixels: np.ndarray, share: float) -> np.ndarray:
    random = np.random.default_rng(0)
    struck = random.random(pixels.shape[:2]) < share
    grains = random.integers(0, 2, pixels.shape[:2])[..., None] * np.uint8(255)
    return np.where(struck[..., None], grains, pixels).astype(np.uint8)


def colour_cast(pixels: np.ndarray, strength: float) -> np.ndarray:
    return (pixels * np.array([1, 1 - strength / 2, 1 - strength])).astype(np.uint8)


def crop(pixels: np.ndarray, kept: float) -> np.ndarray:
    side = len(pixels)
    edge = round(side * (1 - kept) / 2)
    return _resized(Image.fromarray(pixels[edge : side - edge, edge : side - edge]), side)


def mosaic(pixels: np.ndarray, block: int) -> np.ndarray:
    side = len(pixels)
    means = pixels.reshape(side // block, block, side // block, block, 3).mean((1, 3))
    return means.repeat(block, 0).repeat(block, 1).astype(np.uint8)


def checkerboard(pixels: np.ndarray, grey_levels: float) -> np.ndarray:
    """A board of single pixels, so many grey levels from its dark to its light fields."""
    y, x = np.mgrid[: len(pixels), : len(pixels)]
    board = ((y + x) % 2 - 0.5) * grey_levels
    return np.clip(pixels + board[..., None], 0, 255).astype(np.uint8)
