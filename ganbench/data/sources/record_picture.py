"""Which feature of a record is its picture: told by the bytes, then by the name.

Raw pixels are a picture too where the record tells their shape: `height`, `width` and perhaps
`depth`, or `shape`, whose channels may come first (ProGAN) or last.
"""

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from PIL import Image

from ganbench.data.sources.decode import BrokenPicture, look
from ganbench.data.sources.picture_kinds import usual_ending
from ganbench.system.text import shown

KEYS = 5  # of a foreign record in a message
NUMBERS = 4  # of a feature that may be a shape
# Of several pictures the first of these is meant; all may begin with "image/".
PICTURES = (
    *("image", "encoded", "image_raw", "raw", "image_bytes", "img", "img_raw"),
    *("jpeg", "jpg", "png", "picture", "data", "bytes"),
)
NAMES = ("image_name", "filename", "file_name", "name")
SHAPES = ("shape", "image_shape")
SIDES = (("height", "rows"), ("width", "cols"), ("depth", "channels"))
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # by channels
TENSOR = re.compile(rb"\x08[\x01-\x17]\x12")  # how tf.io.serialize_tensor's bytes begin

Shape = tuple[int, int, int]  # height, width, channels
T = TypeVar("T")


def find(
    contents: Mapping[str, bytes], numbers: Mapping[str, Sequence[int]]
) -> tuple[str, bytes] | str:
    """Name and picture of a record, or why it has none; no name is "".

    `contents`, `numbers`: its features, of lists of bytes the first, of numbers the first NUMBERS.
    """
    shapes = list(_shapes(numbers))
    raw = [key for key, data in contents.items() if _layout(data, shapes)]
    whole = [key for key, data in contents.items() if key not in raw and _is_picture(data)]
    key = _meant(whole or raw)
    if not key and (whole or raw):
        return f"pictures under {_told(sorted(whole or raw))}: which of them is meant is not clear"
    if not key and (why := _why_not(contents, shapes)):
        return why
    name = _first(NAMES, contents) or b""
    data = contents[key or "image"]
    layout = _layout(data, shapes) if not whole else None
    return name.decode("utf-8", "replace"), _png(data, *layout) if layout else data


def _first(names: Sequence[str], found: Mapping[str, T]) -> T | None:
    return next((found[key] for key in _spellings(names) if found.get(key)), None)


def _spellings(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from (name, f"image/{name}")


def _meant(keys: Sequence[str]) -> str | None:
    """The only one, or the one with the best known name."""
    if len(keys) == 1:
        return keys[0]
    return next((key for key in _spellings(PICTURES) if key in keys), None)


def _is_picture(data: bytes) -> bool:
    try:
        return bool(usual_ending(data)) or look(data) is not None
    except BrokenPicture:
        return False


def _shapes(numbers: Mapping[str, Sequence[int]]) -> Iterator[tuple[Shape, bool]]:
    """What shapes the numbers of a record may mean, and of each whether its channels come first."""
    told = tuple(_first(SHAPES, numbers) or ())
    if len(told) == 2:
        yield (told[0], told[1], 1), False
    if len(told) == 3:
        yield (told[0], told[1], told[2]), False
        yield (told[1], told[2], told[0]), True
    sides = [_first(names, numbers) for names in SIDES]
    height, width, depth = (side[0] if side else 0 for side in sides)
    if height and width:
        for channels in (depth,) if depth else MODES:
            yield (height, width, channels), False


def _layout(data: bytes, shapes: Sequence[tuple[Shape, bool]]) -> tuple[Shape, bool] | None:
    """The shape, of these, that `data` has as uint8."""
    return next(
        (
            (shape, first)
            for shape, first in shapes
            if min(shape) > 0 and shape[2] in MODES and math.prod(shape) == len(data)
        ),
        None,
    )


def _png(data: bytes, shape: Shape, channels_first: bool) -> bytes:
    height, width, channels = shape
    pixels: np.ndarray = np.frombuffer(data, np.uint8)
    if channels_first:
        pixels = pixels.reshape(channels, height, width).transpose(1, 2, 0)
    out = io.BytesIO()
    image = Image.frombytes(MODES[channels], (width, height), pixels.tobytes())
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _why_not(contents: Mapping[str, bytes], shapes: Sequence[tuple[Shape, bool]]) -> str:
    """Why nothing in a record is a picture; "" where its `image` may be a broken one."""
    tensors = [key for key, data in contents.items() if TENSOR.match(data)]
    if tensors:
        return f"a serialized tensor under {shown(tensors[0])}, where a picture's file is needed"
    there = f"(keys: {_told(sorted(contents)) or 'none'})"
    if shapes and contents:
        height, width, channels = shapes[0][0]
        return f"no picture, nor {height} x {width} x {channels} bytes of pixels {there}"
    return "" if contents.get("image") else f"no picture under any key {there}"


def _told(keys: Sequence[str]) -> str:
    more = ["…"] if len(keys) > KEYS else []
    return ", ".join([shown(key) for key in keys[:KEYS]] + more)
