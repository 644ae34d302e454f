"""What `ganbench score` compares: a folder, zip, array file, TFRecords or run as pictures.

The real side may also be a file of statistics.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np

from ganbench.data import run_samples
from ganbench.data.sources import layout, tfrecord
from ganbench.data.sources.file_tree import runs_in
from ganbench.data.sources.layout import Listing
from ganbench.errors import InputError
from ganbench.scoring import spool, translator_results
from ganbench.scoring.array_set import ARRAYS, PREFERRED, members, open_array
from ganbench.scoring.file_set import FileSide, Part, Size
from ganbench.scoring.statistics_file import StatisticsSide, is_statistics, open_statistics
from ganbench.system.text import shown, some_of
from metrics.registry import Metric

ORDER = "name the generated pictures first, then the real ones"
COMMAND = "ganbench score RUN REAL"


class Side(Protocol):
    """Pictures that come in parts."""

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
    def size(self) -> Size | None: ...  # height, width; None where it is not one of all
    @property
    def largest(self) -> Size: ...
    @property
    def array(self) -> np.ndarray | None: ...  # where all pictures already are one array
    @property
    def broken(self) -> dict[int, str]: ...  # place -> why, complete after one pass of `parts`

    def name(self, place: int) -> str: ...
    def begin(self) -> None: ...
    def parts(self, count: int) -> Iterator[Part]: ...
    def skipped(self) -> dict[str, str]: ...
    def why_not(self, metric: Metric) -> str: ...  # may be asked of them; empty where it may


def open_side(path: str, only: str = "", room: ExitStack | None = None) -> Side:
    """The side that `path` names; InputError when it is none.

    only: a pattern of the names of its picture files. room: holds what must be put aside on disk,
    which TFRecords need, as long as the side is in use.
    """
    place = run_samples.place_of(path)
    if place.is_file() and place.suffix.lower() in ARRAYS:
        _refuse_pattern(path, only)
        return _open_arrays(path, place)
    found = run_samples.find(path, COMMAND)
    if isinstance(found, run_samples.Samples):
        _refuse_pattern(path, only)
        return _of_run(path, found)
    listing = layout.one_set_in(found)
    if not only:
        refuse_two_sets(path, listing)
    if listing.records:
        assert room
        return _unpacked(path, listing, only, room)
    side = FileSide.scanned(path, _picked(path, listing, only))
    side.notes += tuple(f"in {path} is left alone {one}" for one in listing.left_alone)
    if len(folders := sorted({name.split("/")[0] for name in listing.names if "/" in name})) > 1:
        side.notes += (f"the folders of {path} are one set here: {shown(some_of(folders, 3))}",)
    if runs := runs_in(found):
        side.notes += (f"runs in {path} are left aside, for instance {shown(runs[0])}",)
    return side


def _of_run(path: str, samples: run_samples.Samples) -> Side:
    # Black pictures are what a collapsed run may make; nobody cast its samples.
    side = open_array(path, samples.file, floats_cast=False)
    side.notes = samples.notes
    return side


def _open_arrays(path: str, file: Path) -> Side:
    """A file of pictures, or of statistics where it holds no pictures."""
    if file.suffix.lower() != ".npz" or not is_statistics(names := members(path, file)):
        return open_array(path, file)
    if set(names).isdisjoint(PREFERRED):
        return open_statistics(path, file)
    side = open_array(path, file)
    side.notes += (f"{path} holds statistics too, which are left aside: its pictures are scored",)
    return side


def _unpacked(path: str, listing: Listing, only: str, room: ExitStack) -> Side:
    """The pictures of TFRecords, as files that lie in `room`."""
    (found,) = tfrecord.unpack([listing], room.enter_context(spool.folder()))
    if not found.pictures:
        name, why = (found.skipped or [(listing.names[0], "it holds no records")])[0]
        raise InputError(f"{path} has no readable picture ({shown(name)}: {why})")
    pictures = replace(layout.one_set(str(found.archive)), title=listing.title)
    return FileSide.scanned(path, _picked(path, pictures, only), dict(found.skipped))


def _picked(path: str, listing: Listing, only: str) -> Listing:
    """The files that match the pattern; without one all, unless they plainly are several sets."""
    if not only:
        translator_results.refuse_mixed(path, listing.names)
        return listing
    names = tuple(name for name in listing.names if _fits(name, only))
    if not names:
        raise InputError(
            f"none of the {len(listing.names):,} pictures in {path} is called {shown(only)} "
            f"(for instance {shown(listing.names[0])})",
            "--only '*_fake_B.png': the whole name, with * for any letters",
        )
    return replace(listing, names=names)


def _fits(name: str, pattern: str) -> bool:
    try:
        return PurePosixPath(name).match(pattern)
    except ValueError:  # "." is no pattern
        return False


def _refuse_pattern(path: str, only: str) -> None:
    if only:
        raise InputError(
            f"{path} is no folder of files, of which {shown(only)} could pick some",
            "leave --only or --only-real out",
        )


def refuse_two_sets(path: str, listing: Listing) -> None:
    """A data set of photographs and paintings is not one side of a comparison."""
    folders = {part.lower() for name in listing.names for part in name.split("/")[:-1]}
    if not folders & layout.KNOWN:
        return
    try:
        source, target = layout.two_sets_in(listing.tree)
    except InputError:
        return
    choices = [Path(path) / side.prefix for side in (source, target)]
    raise InputError(
        f"{path} holds two sets of pictures: {source.title} and {target.title}",
        f"name one of them: {choices[0]} or {choices[1]}",
    )


def open_two(
    generated: str, real: str, only: tuple[str, str], room: ExitStack
) -> tuple[Side, Side]:
    """Both sides; InputError when one is none. For `only` and `room` see `open_side`."""
    one = open_side(generated, only[0], room)
    if isinstance(one, StatisticsSide):
        raise InputError(f"{generated} holds statistics, which only the real side may be", ORDER)
    return one, open_side(real, only[1], room)


def shared(generated: Side, real: Side) -> str:
    """A word on pictures that stand on both sides, byte by byte; empty where there are none.

    A file and an array that hold the same picture have different bytes, and are not found.
    """
    there = {piece: i for i, piece in enumerate(real.pieces) if i not in real.broken}
    good = [i for i in range(len(generated.pieces)) if i not in generated.broken]
    both = [i for i in good if generated.pieces[i] in there]
    if not both:
        return ""
    one, other = generated.name(both[0]), real.name(there[generated.pieces[both[0]]])
    return (
        f"{len(both):,} of {len(good):,} generated pictures stand among the real ones too, byte by "
        f"byte: copies make every distance too small (for instance {one} of {generated.path} is "
        f"{other} of {real.path})"
    )
