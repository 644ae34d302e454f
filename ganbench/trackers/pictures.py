"""What a run drew, as pictures for a tracker: the frames of its film, and its last samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Moment, Record
from ganbench.system import files
from ganbench.trackers.numbers import moment

if TYPE_CHECKING:
    import numpy as np

FRAME, SAMPLES = 16, 32  # pictures in a grid
LARGEST = {"film": 2**28, "samples": 2**34}  # bytes of a file; beyond, no digest is taken
SHARPEST = 512  # pixels of an edge in a grid; larger ones are shrunk
MOST_FRAMES = 1000


@dataclass(frozen=True)
class Picture:
    """A grid of pictures and where the run stood when it drew them."""

    name: str  # "film" or "samples"
    step: int
    seconds: float
    pictures: int
    pixels: "np.ndarray"  # uint8 H W 3


@dataclass(frozen=True)
class Unreadable:
    """A picture that is not there, in a sentence."""

    problem: str


def drawn(folder: Path, run: Record) -> Iterator[Picture | Unreadable]:
    """The film of `run`, whose folder is `folder`, and its last samples, one after the other."""
    for frame in run.film[:MOST_FRAMES]:
        yield _picture("film", folder, run, frame, FRAME)
    for last in run.snapshots[-1:]:
        yield _picture("samples", folder, run, last, SAMPLES)


def _picture(
    name: str, folder: Path, run: Record, made: Moment, count: int
) -> Picture | Unreadable:
    place = moment(made.step, made.seconds, made.pictures)
    try:
        if place is None:
            raise InputError(f"{made.file} is of no step that can be meant")
        return Picture(name, *place, grid(_stack(folder, run, made.file, name)[:count]))
    except InputError as error:
        return Unreadable(f"pictures of {folder.name} are left out: {error}")


def _stack(folder: Path, run: Record, name: str, kind: str) -> "np.ndarray":
    path = files.inside(folder, name)
    if path.is_file() and path.stat().st_size > LARGEST[kind]:
        raise InputError(f"{path} is larger than {LARGEST[kind] // 2**20:,} MiB")
    array = record.array(folder, run, name)
    if array.dtype != "uint8" or array.ndim != 4 or array.shape[3] != 3 or not array.size:
        raise InputError(f"{path} holds no pictures: uint8 N H W 3 are wanted")
    return array


def grid(pictures: "np.ndarray") -> "np.ndarray":
    """uint8 N H W 3 in rows of 4, from 17 on of 8; large ones are shrunk."""
    import numpy as np
    from PIL import Image

    from ganbench.data import encode

    factor = -(-max(pictures.shape[1:3]) // SHARPEST)
    if factor > 1:
        pictures = np.stack([np.asarray(Image.fromarray(one).reduce(factor)) for one in pictures])
    return encode.grid(pictures, min(len(pictures), 4 if len(pictures) <= FRAME else 8))
