"""Pictures as people look at them: as files of their own, many in a grid, one after the other."""

import io

import numpy as np
from PIL import Image

from ganbench.errors import InputError
from ganbench.system import files

ENDINGS = {"jpeg": ".jpg", "png": ".png"}


def ending_of(format_: str) -> str:
    """.jpg for jpeg; InputError for a format there is not."""
    if format_ not in ENDINGS:
        raise InputError(f'there is no format "{format_}"', f"--format {' or '.join(ENDINGS)}")
    return ENDINGS[format_]


def encoded(picture: np.ndarray, name: str) -> bytes:
    """uint8 H W 3 as PNG or, with an ending that says so, JPEG of quality 95."""
    picture = np.ascontiguousarray(picture)
    if name.endswith(ENDINGS["png"]):
        return files.png(picture)
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=95, subsampling=0)
    return data.getvalue()


def film(frames: np.ndarray, milliseconds: int) -> bytes:
    """uint8 N H W 3 as an animated WebP that plays for ever."""
    data = io.BytesIO()
    first, *others = map(Image.fromarray, frames)
    first.save(data, "WEBP", save_all=True, append_images=others, duration=milliseconds,
               loop=0, quality=90, method=4)  # fmt: skip
    return data.getvalue()


def grid(pictures: np.ndarray, columns: int = 8) -> np.ndarray:
    """Lay uint8 N H W 3 out as one picture, row by row; what is left over is white."""
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    full = np.full((rows * columns, height, width, 3), 255, np.uint8)
    full[:count] = pictures
    tiled = full.reshape(rows, columns, height, width, 3).swapaxes(1, 2)  # rows H columns W 3
    return tiled.reshape(rows * height, columns * width, 3)
