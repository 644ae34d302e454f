"""Pictures for the page: .npy of uint8 N H W 3 -> WebP data URIs that fit a budget of bytes."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.report import formatting
from ganbench.system import files, html

EDGES = (256, 192, 128, 96, 64, 48)  # tried from the largest down until the pictures fit
MOST = 16  # pictures of a view or moment
SHARPEST = 512  # pixels of an edge
LARGEST = 2**28  # bytes of a file: sixteen pictures of twice the largest size
LARGEST_SAMPLES = 2**31  # bytes of what a run was scored by: 10,000 pictures of 256 px
WIDEST = 16383  # pixels; WebP can hold no more


class Reader:
    """Reads pictures for the page and keeps a sentence for each file that is not what it should be.

    Results may be a stranger's: what is read, and how much of it, has bounds. Whether a file is
    what the run wrote is found out once.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._sound: set[tuple[Path, str]] = set()

    def of_run(self, folder: Path, run: Record, name: str) -> np.ndarray | None:
        """The first 16 pictures of a file that a run's record names; None with a problem noted."""
        who = f"{run.label} seed {run.seed}"
        return self._noted(who, lambda: self._read(folder, run, name, MOST, LARGEST))

    def samples(self, folder: Path, run: Record, name: str, most: int) -> np.ndarray | None:
        """The first `most` pictures that a run was scored by; None with a problem noted."""
        who = f"{run.label} seed {run.seed}"
        return self._noted(who, lambda: self._read(folder, run, name, most, LARGEST_SAMPLES))

    def of_suite(self, folder: Path, name: object) -> np.ndarray | None:
        """The first 16 pictures of a file of the suite's own; None with a problem noted."""
        return self._noted("the data", lambda: _pictures(_small(folder, name), name, MOST))

    def _read(self, folder: Path, run: Record, name: str, most: int, largest: int) -> np.ndarray:
        if (folder, name) in self._sound:
            return _pictures(_small(folder, name, largest), name, most)
        found = of_run(folder, run, name, most, largest)
        self._sound.add((folder, name))
        return found

    def _noted(self, who: str, read: Callable[[], np.ndarray]) -> np.ndarray | None:
        try:
            return read()
        except InputError as error:
            self.problems.append(f"Pictures of {who} are not shown: {error}.")
            return None


def of_run(
    folder: Path, run: Record, name: str, most: int | None = None, largest: int = LARGEST
) -> np.ndarray:
    """Up to `most` pictures (uint8 N H W 3) of a file that a run's record names.

    Larger ones are shrunk to at most 512 px, the most that a page shows. InputError when the file
    lies outside the run's folder, has other bytes than the run wrote, or is not such pictures.
    """
    _check_size(files.inside(folder, name), name, largest)
    return _pictures(record.array(folder, run, name), name, most)


def _small(folder: Path, name: object, largest: int = LARGEST) -> np.ndarray:
    path = files.inside(folder, name)
    _check_size(path, name, largest)
    return files.read_array(path)


def _check_size(path: Path, name: object, largest: int = LARGEST) -> None:
    """Before a digest is taken: of a sparse file without end that would take days."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror})") from None
    if size > largest:
        raise InputError(f"{name} is larger than {largest // 2**20} MiB")


def _pictures(array: np.ndarray, name: object, most: int | None) -> np.ndarray:
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] != 3 or not array.size:
        kind = f"{array.dtype} {' '.join(map(str, array.shape))}"
        raise InputError(f"{name} holds {formatting.shortened(kind)}, not uint8 N H W 3")
    factor = -(-max(array.shape[1:3]) // SHARPEST)
    if factor == 1:
        return np.array(array[:most])
    return np.stack([np.asarray(Image.fromarray(picture).reduce(factor))
                     for picture in array[:most]])  # fmt: skip


def shrink(picture: np.ndarray, edge: int) -> Image.Image:
    """One picture with its longer side at most `edge`; smaller ones stay as they are."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    if max(image.size) > edge:
        image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return image


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


class Encoder:
    """URIs of pictures, each encoded once: a picture smaller than two edges is the same in both."""

    def __init__(self, stacks: Sequence[np.ndarray]):
        self.stacks = stacks
        self._made: dict[tuple[int, int, int], str] = {}

    def uri(self, stack: int, index: int, edge: int) -> str:
        picture = self.stacks[stack][index]
        key = stack, index, min(edge, max(picture.shape[:2]))
        if key not in self._made:
            self._made[key] = html.data_uri(shrink(picture, edge))
        return self._made[key]

    def lines(self, count: int, edge: int, most: float) -> list[tuple[str, ...]] | None:
        """The first `count` pictures of every stack; None as soon as they are too many bytes."""
        made, used = [], 0
        for stack, pictures in enumerate(self.stacks):
            line = []
            for index in range(min(count, len(pictures))):
                line.append(self.uri(stack, index, edge))
                used += len(line[-1])
                if used > most:
                    return None
            made.append(tuple(line))
        return made


def fit(
    stacks: Sequence[np.ndarray],
    counts: Sequence[int],
    bytes_left: int,
    edges: Sequence[int] = EDGES,
) -> list[tuple[str, ...]]:
    """URIs of every stack, with ever fewer and smaller pictures until all together fit.

    Returns the last try when nothing fits: the smallest is a few kilobytes.
    """
    encoder = Encoder(stacks)
    for count in counts:
        for edge in edges[:3] if count != counts[-1] else edges:
            if (made := encoder.lines(count, edge, bytes_left)) is not None:
                return made
    return encoder.lines(counts[-1], edges[-1], math.inf) or []


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
