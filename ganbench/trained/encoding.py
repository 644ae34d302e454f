"""Pictures as files that people look at."""

import io

import numpy as np
from PIL import Image

from ganbench.errors import InputError

ENDINGS = {"jpeg": ".jpg", "png": ".png"}


def ending_of(format_: str) -> str:
    """.jpg for jpeg; InputError for a format there is not."""
    if format_ not in ENDINGS:
        raise InputError(f'there is no format "{format_}"', f"--format {' or '.join(ENDINGS)}")
    return ENDINGS[format_]


def encoded(picture: np.ndarray, name: str) -> bytes:
    """uint8 H W 3 as PNG or, with an ending that says so, JPEG of quality 95."""
    data = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture))
    if name.endswith(ENDINGS["png"]):
        image.save(data, "PNG")
    else:
        image.save(data, "JPEG", quality=95, subsampling=0)
    return data.getvalue()


def film(frames: np.ndarray, milliseconds: int) -> bytes:
    """uint8 N H W 3 as an animated WebP that plays for ever."""
    data = io.BytesIO()
    first, *others = map(Image.fromarray, frames)
    first.save(data, "WEBP", save_all=True, append_images=others, duration=milliseconds,
               loop=0, quality=90, method=4)  # fmt: skip
    return data.getvalue()
