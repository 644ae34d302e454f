"""Pictures for the page: .npy of uint8 N H W 3 -> WebP data URIs that fit a budget of bytes."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ganbench import files
from ganbench.errors import InputError

QUALITY = 75
EDGES = (256, 192, 128, 96, 64, 48)  # tried from the largest down until the pictures fit
WIDEST = 16383  # pixels; WebP can hold no more


def load(path: Path, most: int | None = None) -> np.ndarray | None:
    """Read up to `most` pictures (uint8 N H W 3); None when the file is missing or not that."""
    try:
        array = files.read_array(path)
    except InputError:
        return None
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] != 3 or not array.size:
        return None
    return np.array(array[:most])


def inside(folder: Path, name: object) -> Path | None:
    """`folder`/`name`, or None when a record points out of its own folder."""
    if not isinstance(name, str) or not name:
        return None
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) else None
    except (OSError, ValueError):
        return None


def shrink(picture: np.ndarray, edge: int) -> Image.Image:
    """One picture with its longer side at most `edge`; smaller ones stay as they are."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    if max(image.size) > edge:
        image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return image


def data_uri(image: Image.Image) -> str:
    """`image` as WebP of quality 75 in a data URI."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def uris(pictures: np.ndarray, edge: int) -> list[str]:
    """A data URI for each of `pictures`."""
    return [data_uri(shrink(picture, edge)) for picture in pictures]


def sheet(pictures: np.ndarray, columns: int, edge: int) -> Image.Image:
    """Pictures in rows of `columns`, each at most `edge` wide; the gaps are transparent."""
    tiles = [shrink(picture, edge) for picture in pictures]
    width, height = tiles[0].size
    rows = -(-len(tiles) // columns)
    gap = max(1, width // 24)
    image = Image.new("RGBA", (columns * (width + gap), rows * (height + gap)), (0, 0, 0, 0))
    for index, tile in enumerate(tiles):
        image.paste(tile, (index % columns * (width + gap), index // columns * (height + gap)))
    return image


def strip(frames: Sequence[Image.Image]) -> Image.Image:
    """Frames of one size side by side: the page shows one at a time by moving the picture."""
    width, height = frames[0].size
    image = Image.new("RGBA", (len(frames) * width, height), (0, 0, 0, 0))
    for index, frame in enumerate(frames):
        image.paste(frame, (index * width, 0))
    return image


def fit(
    stacks: Sequence[np.ndarray],
    counts: Sequence[int],
    bytes_left: int,
    edges: Sequence[int] = EDGES,
) -> list[tuple[str, ...]]:
    """URIs of every stack, with ever fewer and smaller pictures until all together fit.

    Returns the last try when nothing fits: the smallest is a few kilobytes.
    """
    made: list[tuple[str, ...]] = []
    for count in counts:
        for edge in edges[:3] if count != counts[-1] else edges:
            made = [tuple(uris(stack[:count], edge)) for stack in stacks]
            if sum(len(uri) for line in made for uri in line) <= bytes_left:
                return made
    return made


def spread(pictures: np.ndarray) -> float:
    """How different the pictures of one batch are: mean over pixels of their deviation, 0-255."""
    return float(pictures.astype(np.float32).std(axis=0).mean())


def mean_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Mean absolute difference of two stacks of pictures in grey levels, 0-255."""
    return float(np.abs(first.astype(np.float32) - second.astype(np.float32)).mean())


def amplified_difference(first: np.ndarray, second: np.ndarray, factor: int = 3) -> np.ndarray:
    """Absolute difference times `factor`, as pictures: black where the two agree."""
    gap = np.abs(first.astype(np.int16) - second.astype(np.int16)) * factor
    return np.minimum(gap, 255).astype(np.uint8)
