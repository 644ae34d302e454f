"""Photographs that people bring to a trained model: a folder, a zip, TFRecords or one picture.

So is a set of the cache, whose pictures are as models were trained on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from ganbench.data import store
from ganbench.data.run_samples import place_of
from ganbench.data.sources import layout, tfrecord
from ganbench.data.sources.file_names import Names
from ganbench.data.sources.file_tree import Tree, open_tree
from ganbench.data.store import Skipped
from ganbench.errors import InputError


@dataclass(frozen=True)
class Photographs:
    """Where they lie, and how each is called there and shall be called when it is painted."""

    title: str
    place: Path  # folder, zip or set of the cache: see `opened`
    names: tuple[tuple[str, str], ...]
    skipped: tuple[Skipped, ...] = ()


def find(path: str, ending: str, scratch: Path) -> Photographs:
    """All photographs at `path`, at any depth; InputError when there is none.

    Their paintings keep their names, but for the `ending`. TFRecords go by way of `scratch`.
    """
    place = place_of(path)
    if is_cached(place):
        domain = store.open_domain(place)
        return Photographs(domain.title, place, _named(domain.names, ending))
    listing = layout.one_set_in(_one(place) or open_tree(path))
    if not listing.records:
        return Photographs(listing.title, listing.tree.path, _named(listing.names, ending))
    (found,) = tfrecord.unpack([listing], scratch)
    if not found.pictures:
        raise InputError(f"{path} has no record with a picture")
    names = [name for _, name in found.pictures]
    paired = zip((entry for entry, _ in found.pictures), _named(names, ending), strict=True)
    return Photographs(
        listing.title,
        found.archive,
        tuple((entry, painting) for entry, (_, painting) in paired),
        tuple(Skipped(*one) for one in found.skipped),
    )


class Readable(Protocol):
    """Picture files, each by its name."""

    def read(self, name: str) -> bytes: ...  # or UnreadableFile


def opened(place: Path) -> Readable:
    """What reads photographs that were found at `place`."""
    return _Cached(store.open_domain(place)) if is_cached(place) else open_tree(str(place))


class _Cached:
    """A set of the cache, with each picture as a file that loses nothing."""

    def __init__(self, domain: store.Domain):
        self._pictures = domain.pictures
        self._places = {name: place for place, name in enumerate(domain.names)}

    def read(self, name: str) -> bytes:
        pixels = self._pictures[self._places[name]]
        height, width = pixels.shape[:2]
        return f"P6 {width} {height} 255\n".encode() + pixels.tobytes()  # a PPM


def is_cached(place: Path) -> bool:
    return (place / store.NOTE).is_file() and (place / store.PICTURES).is_file()


def _one(place: Path) -> Tree | None:
    """A single picture as the only file of its folder."""
    tree = Tree(place.parent, place.stem, (place.name,))
    return tree if place.is_file() and tree.kind(place.name) else None


def _named(names: Sequence[str], ending: str) -> tuple[tuple[str, str], ...]:
    free = Names(folds_case=True)
    paintings = (str(PurePosixPath(name).with_suffix(ending)) for name in names)
    return tuple(
        (name, free.take("", wanted)) for name, wanted in zip(names, paintings, strict=True)
    )
