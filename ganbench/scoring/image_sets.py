"""What `ganbench score` compares: a folder, zip, array file or run as pictures of one size."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from ganbench.data.sources import layout
from ganbench.data.sources.layout import Listing
from ganbench.errors import InputError
from ganbench.scoring.array_set import ARRAYS, ArraySide, open_array
from ganbench.scoring.file_set import FileSide

ORDER = "name the generated pictures first, then the real ones"


class Side(Protocol):
    """Pictures of one size that come in parts."""

    @property
    def path(self) -> str: ...  # as the user typed it
    @property
    def content(self) -> str: ...  # hash of all that decides the pixels and their order
    @property
    def pieces(self) -> tuple[bytes, ...]: ...  # hash of each file, or of each array's picture
    @property
    def notes(self) -> tuple[str, ...]: ...  # what a reader of its numbers must know
    @property
    def at_most(self) -> int: ...  # pictures, before the broken ones are known
    @property
    def size(self) -> tuple[int, int]: ...  # height, width
    @property
    def array(self) -> np.ndarray | None: ...  # where all pictures already are one array
    @property
    def broken(self) -> dict[int, str]: ...  # place -> why, complete after one pass of `parts`

    def name(self, place: int) -> str: ...
    def begin(self) -> None: ...
    def parts(self, count: int) -> Iterator[np.ndarray]: ...
    def skipped(self) -> dict[str, str]: ...


def open_side(path: str) -> Side:
    """The side that `path` names; InputError when it is none."""
    place = Path(path).expanduser()
    if (place / "record.json").is_file():
        return _samples_of_run(path, place)
    if place.is_file() and place.suffix.lower() in ARRAYS:
        return open_array(path, place)
    if place.is_dir() and any(place.glob("*/record.json")):
        runs = sorted(file.parent for file in place.glob("*/record.json"))
        raise InputError(f"{path} holds {len(runs)} runs", f"name one of them: {runs[0]}")
    listing = layout.one_set(path)
    _refuse_two_sets(path, listing)
    if listing.records:
        raise InputError(f"{path} holds TFRecords; pictures are needed", "name their JPEG folder")
    return FileSide.scanned(path, listing)


def _samples_of_run(path: str, folder: Path) -> ArraySide:
    from ganbench import record  # pydantic takes its time

    run = record.read(folder)
    if not run.snapshots:
        raise InputError(
            f"the run {path} has no samples ({run.status.name})", "ganbench run continues it"
        )
    last = run.snapshots[-1]
    file = record.file(folder, run, last.file)
    # Black pictures are what a collapsed run may make; nobody cast its samples.
    side = open_array(path, file, floats_cast=False)
    if run.status.name != "done":
        status = f"{run.status.name} at step {run.status.step:,}"
        side.notes = (
            f"the run {path} is no finished one ({status}): "
            f"its {side.at_most:,} samples are of step {last.step:,}",
        )
    return side


def _refuse_two_sets(path: str, listing: Listing) -> None:
    """A data set of photographs and paintings is not one side of a comparison."""
    folders = {part.lower() for name in listing.names for part in name.split("/")[:-1]}
    if not folders & layout.KNOWN:
        return
    try:
        source, target = layout.two_sets(path)
    except InputError:
        return
    choices = [Path(path) / side.prefix for side in (source, target)]
    raise InputError(
        f"{path} holds two sets of pictures: {source.title} and {target.title}",
        f"name one of them: {choices[0]} or {choices[1]}",
    )


def open_two(generated: str, real: str) -> tuple[Side, Side]:
    """Both sides; InputError when one is none, or when a picture stands on both, byte by byte.

    A file and an array that hold the same picture have different bytes, and are not found.
    """
    _refuse_same_path(generated, real)
    one, other = open_side(generated), open_side(real)
    if sorted(one.pieces) == sorted(other.pieces):
        raise InputError(f"{one.path} and {other.path} hold the very same pictures", ORDER)
    _refuse_shared(one, other)
    return one, other


def _refuse_shared(generated: Side, real: Side) -> None:
    """InputError naming a picture that stands on both sides; broken ones are none."""
    there = {piece: i for i, piece in enumerate(real.pieces) if i not in real.broken}
    both = [
        (place, there[piece])
        for place, piece in enumerate(generated.pieces)
        if piece in there and place not in generated.broken
    ]
    if both:
        one, other = generated.name(both[0][0]), real.name(both[0][1])
        raise InputError(
            f"{len(both):,} generated picture{'s' * (len(both) > 1)} stand{'s' * (len(both) == 1)} "
            f"among the real ones too, byte by byte: {one} of {generated.path} is {other} of "
            f"{real.path}",
            "take them out of one side: copies make every distance too small",
        )


def _refuse_same_path(one: str, other: str) -> None:
    first, second = (os.path.realpath(Path(path).expanduser()) for path in (one, other))
    if first == second:
        raise InputError(f"both sides are {one}", ORDER)
