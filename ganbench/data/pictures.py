"""One picture of any kind -> RGB uint8, size x size.

The resize, version 1: EXIF orientation is applied; transparency is laid on white; the largest
square in the middle is cut out and brought to `size` with Pillow's bicubic filter, which
averages when it shrinks (antialias). A picture that already is size x size keeps every bit.
Embedded colour profiles are not applied.
"""

import io
import threading
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

RESIZE_VERSION = 1
MOST_PIXELS = 120_000_000  # the largest cameras; a made-up header claims far more
MANY_PIXELS = 20_000_000  # of these one at a time, so that memory stays flat
ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif"),
    *(".tif", ".tiff", ".webp", ".ppm", ".pgm", ".avif"),
)

ORIENTATION = 0x0112  # EXIF tag
QUARTER_TURNS = (5, 6, 7, 8)  # its values that exchange width and height
TURNS = (2, 3, 4, *QUARTER_TURNS)  # those that change anything

T = TypeVar("T")

_large = threading.Lock()
# Pillow's own guard warns from 89 million pixels on; MOST_PIXELS is checked here instead.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


class BrokenPicture(Exception):
    """Why one picture cannot be used, in a few words."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture: pixels uint8 `size size 3`, and the size it had in its file."""

    pixels: np.ndarray
    width: int
    height: int


@dataclass(frozen=True)
class Header:
    """Size that `decode_whole` would give, and what it would do beside a plain convert("RGB")."""

    height: int
    width: int
    turned: bool  # by EXIF orientation
    alpha: bool  # laid on white


def decode(data: bytes, size: int) -> Picture:
    """Decode the bytes of one picture file; BrokenPicture says what is wrong with a bad one."""
    return _opened(data, lambda image: _prepare(image, size))


def decode_whole(data: bytes) -> np.ndarray:
    """uint8 H W 3 of one picture file in its own size: nothing is cut or resized.

    BrokenPicture says what is wrong with a bad one.
    """
    return _opened(data, lambda image: np.asarray(_to_rgb(_upright(image))))


def look(data: bytes) -> Header:
    """What the header of a picture file says, without decoding it; BrokenPicture."""
    return _opened(data, _header)


def _opened(data: bytes, use: Callable[[Image.Image], T]) -> T:
    if not data:
        raise BrokenPicture("the file is empty")
    try:
        with Image.open(io.BytesIO(data)) as image, _room_for(image):
            return use(image)
    except BrokenPicture:
        raise
    except UnidentifiedImageError:
        raise BrokenPicture("not a picture") from None
    except Image.DecompressionBombError:
        raise BrokenPicture("claims more pixels than any camera makes") from None
    except Exception as error:  # a damaged file makes Pillow raise nearly anything
        raise BrokenPicture(f"cannot be decoded ({_words(error)})") from None


def _room_for(image: Image.Image) -> AbstractContextManager[object]:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise BrokenPicture(f"claims {image.width} x {image.height} pixels, which is too many")
    return _large if pixels > MANY_PIXELS else nullcontext()


def _prepare(image: Image.Image, size: int) -> Picture:
    width, height = image.size
    # JPEG can skip detail while it decodes; three times the goal is left for the filter.
    image.draft(None, (3 * size, 3 * size))
    rgb = _to_rgb(_upright(image))
    turned = (rgb.width > rgb.height) != (width > height)
    if turned and width != height:
        width, height = height, width
    return Picture(np.asarray(_square(rgb, size)), width, height)


def _header(image: Image.Image) -> Header:
    try:
        turn = image.getexif().get(ORIENTATION, 1)
    except Exception:  # as in _upright
        turn = 1
    height, width = image.height, image.width
    if turn in QUARTER_TURNS:
        height, width = width, height
    return Header(height, width, turn in TURNS, image.has_transparency_data)


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a damaged EXIF block says nothing about the picture itself
        return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image, mask=image.getchannel("A"))
    return white


def _from_deep(image: Image.Image) -> Image.Image:
    """Grey with more than 8 bits -> 8 bits: 16-bit by its full range, floats in 0..1 or 0..255."""
    values = np.asarray(image).astype(np.float64)
    low, high = float(values.min()), float(values.max())
    top = 65535.0 if image.mode.startswith("I") else (1.0 if high <= 1 else 255.0)
    if not (low >= 0 and high <= top):
        raise BrokenPicture(f"values from {low:g} to {high:g}, a range without a known white")
    return Image.fromarray(np.rint(values * (255.0 / top)).astype(np.uint8))


def _square(image: Image.Image, size: int) -> Image.Image:
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    box = (left, top, left + short, top + short)
    if short == size:
        return image.crop(box)
    return image.resize((size, size), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)


def _words(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else text[:117] + "..."
