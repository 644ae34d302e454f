"""One picture of any kind -> RGB uint8, size x size.

The resize, since version 2: EXIF orientation is applied; transparency is laid on white; the largest
square in the middle is cut out and brought to `size` with Pillow's bicubic filter, which
averages when it shrinks (antialias). A picture that already is size x size keeps every bit.
Embedded colour profiles are not applied.
"""

import hashlib
import importlib.util
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ganbench.data.sources import picture_kinds
from ganbench.data.sources.bounded_read import of_machine, why_not
from ganbench.data.sources.byte_semaphore import ByteSemaphore

RESIZE_VERSION = 3  # of what is made, and of which pictures are taken
# Other formats of Pillow's are left out: some run a program (EPS), are written in Python, or take
# 11 GB for 300 bytes (JPEG 2000 with precincts of one pixel).
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM") + ("AVIF",) * (
    importlib.util.find_spec("PIL.AvifImagePlugin") is not None  # from Pillow 11.3 on
)
MOST_CLAIMED = 120_000_000  # pixels: the largest cameras; a made-up header claims far more
LIGHT = ("1", "L", "LA", "P", "RGB", "RGBA")  # modes that take 1.5 GB at most even so
MOST_PIXELS = 60_000_000  # decoded in another mode, once JPEG has skipped detail: 1 GB
# Their decoders hold further copies; telephones make HEICs of 48 million pixels.
MOST_IN = {"WEBP": 40_000_000, "AVIF": 40_000_000, "HEIF": 50_000_000}
MOST_SCANNED = 1_500_000_000  # pixels that a JPEG is gone through, all its scans together
MOST_SLOW = 500_000  # pixels, and eight times the bytes, for the decoders written in Python
MOST_HEADER = 16 * 2**20  # bytes in front of the pixels
READS = 50_000  # pieces that a file may be read in, and one more for each 512 bytes
BYTES_A_PIXEL = 20  # in memory while it is decoded
START_OF_SCAN = b"\xff\xda"  # among JPEG's pixels these two bytes never follow each other
ORIENTATION = 0x0112  # EXIF tag
NEW_SUBFILE_TYPE, SUB_IFDS, BITS = 254, 330, 258  # TIFF tags; the first one's lowest bit: a copy
QUARTER_TURNS = (5, 6, 7, 8)  # its values that exchange width and height
TURNS = (2, 3, 4, *QUARTER_TURNS)  # those that change anything

T = TypeVar("T")

_decoding = ByteSemaphore(2**30)
# Pillow's own guard warns from 89 million pixels on; MOST_CLAIMED is checked here instead.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", module=r"PIL\.")  # a line for each damaged tag of a file


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
    top: int | None = None  # largest value, of a picture with 16 bits a value


def decode(data: bytes, size: int) -> Picture:
    """Decode the bytes of one picture file; BrokenPicture, or TemporaryFailure of the machine."""
    return _opened(data, lambda image: _prepare(image, size))


def decode_whole(data: bytes) -> np.ndarray:
    """uint8 H W 3 of one picture file in its own size: nothing is cut or resized.

    BrokenPicture says what is wrong with a bad one.
    """
    return _opened(data, _prepare_whole)


def look(data: bytes) -> Header:
    """What the header of a picture file says, without decoding it; BrokenPicture."""
    return _opened(data, _header)


def digest(data: bytes) -> bytes:
    """SHA-256 of a picture file's bytes, and of its decoder where that is not Pillow itself."""
    read = hashlib.sha256(data)
    if picture_kinds.HEIF and picture_kinds.kind(data) == "HEIC":
        read.update(picture_kinds.HEIF.encode())
    return read.digest()


def _opened(data: bytes, use: Callable[[Image.Image], T]) -> T:
    if not data:
        raise BrokenPicture("the file is empty")
    file = _Metered(data)
    try:
        with Image.open(file, formats=_formats(data)) as image:
            file.header_left = math.inf
            _check(image, data)
            return use(image)
    except BrokenPicture:
        raise
    except UnidentifiedImageError:
        raise BrokenPicture(picture_kinds.why_unread(data)) from None
    except Image.DecompressionBombError:
        raise BrokenPicture("claims more pixels than any camera makes") from None
    except (OSError, MemoryError) as error:
        if of_machine(error):
            raise why_not(error) from None
        raise BrokenPicture(f"cannot be decoded ({_words(error)})") from None
    except Exception as error:  # a damaged file makes Pillow raise nearly anything
        raise BrokenPicture(f"cannot be decoded ({_words(error)})") from None


def _formats(data: bytes) -> tuple[str, ...]:
    """What Pillow may take it for; the reader of HEIC is loaded when the first one is met."""
    if not (picture_kinds.HEIF and picture_kinds.kind(data) == "HEIC"):
        return FORMATS
    import pillow_heif

    # A thumbnail inside, which it would take for a small picture, has other pixels.
    pillow_heif.register_heif_opener(
        thumbnails=False, aux_images=False, depth_images=False, decode_threads=1
    )
    return (*FORMATS, "HEIF")


class _Metered(io.BytesIO):
    """A file that ends a reader which is led through millions of tiny or endless headers."""

    def __init__(self, data: bytes):
        super().__init__(data)
        self.header_left: float = MOST_HEADER
        self._reads_left = READS + len(data) // 512

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._reads_left -= 1
        if len(data) < MOST_HEADER:  # who takes all at once does so once
            self.header_left -= len(data)
        if self._reads_left < 0 or self.header_left < 0:
            raise OSError("its headers have no end")
        return data


def _check(image: Image.Image, data: bytes) -> None:
    """BrokenPicture for one that would take minutes."""
    pixels = image.width * image.height
    if pixels > MOST_CLAIMED:
        raise _too_many(image)
    if image.format in ("JPEG", "MPO") and data.count(START_OF_SCAN) * pixels > MOST_SCANNED:
        raise BrokenPicture("too many scans for a JPEG of this size")
    if image.format == "TIFF" and _is_raw(image):
        raise BrokenPicture("a camera's raw file, which is not read: save it as PNG")
    slow = any(tile[0] in Image.DECODERS for tile in image.tile)  # type: ignore[attr-defined]
    if slow and (pixels > MOST_SLOW or len(data) > 8 * MOST_SLOW):
        raise BrokenPicture("too large for a format that is read slowly")


def _is_raw(image: Image.Image) -> bool:
    """Is it the small preview in front of a camera's raw data (NEF, ARW, DNG ...)?"""
    tags: Mapping[int, int] = image.tag_v2  # type: ignore[attr-defined]
    return bool(tags.get(NEW_SUBFILE_TYPE, 0) & 1) and SUB_IFDS in tags


def _too_many(image: Image.Image) -> BrokenPicture:
    return BrokenPicture(f"claims {image.width} x {image.height} pixels, which is too many")


def _memory_for(image: Image.Image) -> AbstractContextManager[None]:
    """Wait until the other threads leave room for decoding this one; BrokenPicture."""
    pixels = image.width * image.height
    most = MOST_CLAIMED if image.mode in LIGHT else MOST_PIXELS
    if pixels > MOST_IN.get(image.format or "", most):
        raise _too_many(image)
    return _decoding.holding(pixels * BYTES_A_PIXEL)


def _prepare(image: Image.Image, size: int) -> Picture:
    width, height = image.size
    # JPEG can skip detail while it decodes; three times the goal is left for the filter.
    image.draft(None, (3 * size, 3 * size))
    with _memory_for(image):
        rgb = _to_rgb(_upright(image))
        turned = (rgb.width > rgb.height) != (width > height)
        if turned and width != height:
            width, height = height, width
        return Picture(np.asarray(_square(rgb, size)), width, height)


def _prepare_whole(image: Image.Image) -> np.ndarray:
    with _memory_for(image):
        rgb = _to_rgb(_upright(image))
        if rgb is not image:
            image.close()  # what it was made of is not needed beside its copies
        return np.asarray(rgb)


def _header(image: Image.Image) -> Header:
    with _memory_for(image):  # some must be decoded: a PNG may say at its end how it is turned
        height, width, deep = image.height, image.width, _is_deep(image)
        try:
            turn = image.getexif().get(ORIENTATION, 1)
        except Exception:  # as in _upright
            turn = 1
        if turn in QUARTER_TURNS and image.format != "TIFF":  # whose size is told as if turned
            height, width = width, height
        top = _top(image) if deep else None
    return Header(height, width, turn in TURNS, image.has_transparency_data, top)


def _is_deep(image: Image.Image) -> bool:
    """Has it 16 bits a value in its file? With colours Pillow keeps only the upper 8 of them."""
    told = (str(tile[3]) for tile in image.tile)  # type: ignore[attr-defined]
    deep = image.mode.startswith("I;16") or any(";16" in args for args in told)
    return deep and not _is_twelve(image)


def _is_twelve(image: Image.Image) -> bool:
    """Has it 12 bits a value in its file? Pillow gives them as they are, in 16."""
    return image.format == "TIFF" and image.tag_v2.get(BITS) == (12,)  # type: ignore[attr-defined]


def _top(image: Image.Image) -> int | None:
    """The largest value of a picture with 16 bits a value, as far as that can be told."""
    try:
        image.load()
        found = image.getextrema()
    except Exception:  # what is wrong with it is said by whoever needs its pixels
        return None
    if isinstance(found[0], tuple):  # one for each channel, transparency being the last
        return max(256 * high + 255 for _, high in found[:3])
    return int(found[1])


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    with suppress(Exception):  # a damaged EXIF block says nothing about the picture itself
        ImageOps.exif_transpose(image, in_place=True)  # a copy would be half a gigabyte
    return image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image if image.mode == "RGBA" else image.convert("RGBA"))  # no copy
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image, mask=image.getchannel("A"))
    return white


def _from_deep(image: Image.Image) -> Image.Image:
    """Grey with more than 8 bits -> 8: 12 or 16 bits by their full range, floats 0..1 or 0..255."""
    extremes = [(values.min(), values.max()) for _, values in _strips(image)]
    low, high = float(np.min(extremes)), float(np.max(extremes))
    top = 65535.0 if image.mode.startswith("I") else (1.0 if high <= 1 else 255.0)
    if _is_twelve(image):
        top = 4095.0
    if not (low >= 0 and high <= top):
        raise BrokenPicture(f"values from {low:g} to {high:g}, a range without a known white")
    grey = np.empty((image.height, image.width), np.uint8)
    for rows, values in _strips(image):
        grey[rows] = np.rint(values * (255.0 / top))
    return Image.fromarray(grey)


def _strips(image: Image.Image) -> Iterator[tuple[slice, np.ndarray]]:
    """Some rows at a time as float64, which is eight times what they become."""
    count = max(1, 2**20 // image.width)
    for top in range(0, image.height, count):
        bottom = min(image.height, top + count)
        strip = image.crop((0, top, image.width, bottom))
        yield slice(top, bottom), np.asarray(strip).astype(np.float64)


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
