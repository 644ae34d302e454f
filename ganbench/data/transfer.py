"""Pictures on their way from one place to another: encoded bytes and names, never re-encoded.

Each is decoded once to see that it is whole; what is not is left out and named.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ganbench.data import recipes, store
from ganbench.data.run_samples import Samples
from ganbench.data.sources import layout, tfrecord
from ganbench.data.sources.bounded_read import UnreadableFile
from ganbench.data.sources.decode import BrokenPicture, decode_whole
from ganbench.data.sources.file_names import safe_name
from ganbench.data.sources.layout import Listing
from ganbench.data.store import OnProgress
from ganbench.errors import InputError
from ganbench.system import files

BATCH = 64  # pictures that are read and checked at once
SMALL = 4 * 2**20  # bytes of one that is kept until its turn comes

Found = Listing | Samples | recipes.Kind  # files, what a run made, or a side of the embedded set
Carried = Iterator[tuple[str, bytes | str]]  # a file name and its bytes, or why it is left out


@dataclass(frozen=True)
class Side:
    """One set of pictures on its way."""

    title: str
    label: str  # what its pictures are, in a word
    folder: str  # where it goes in what is written; "" when it is the only one
    count: int
    carry: Callable[[], Carried]


def sides(
    found: Sequence[Found],
    folders: Sequence[str],
    scratch: Path,
    size: int,
    on_progress: OnProgress | None,
) -> list[Side]:
    """What is to go into these folders; TFRecords come by way of a zip in `scratch`."""
    boxed = [one for one in found if isinstance(one, Listing) and one.records]
    unpacked = dict(zip(boxed, tfrecord.unpack(boxed, scratch) if boxed else [], strict=True))
    made = []
    for one, folder in zip(found, folders, strict=True):
        if isinstance(one, Samples):
            made.append(_of_run(one, folder))
        elif not isinstance(one, Listing):
            made.append(_drawn(one, folder, size, on_progress))
        elif one.records:
            made.append(_of_records(one, folder, unpacked[one]))
        else:
            made.append(_of_files(one, folder))
    return made


def name_of(one: Listing | Samples) -> str:
    """The folder's own name."""
    return safe_name(one.title.rpartition("/")[2])


def _label(listing: Listing) -> str:
    return name_of(listing).removesuffix("_jpg").removesuffix("_tfrec") or "pictures"


def _drawn(kind: recipes.Kind, folder: str, size: int, on_progress: OnProgress | None) -> Side:
    domain = store.domain(recipes.embedded(kind, size), size, on_progress)

    carry = partial(_encoded, domain.names, domain.pictures)
    return Side(domain.title, kind, folder, len(domain.names), carry)


def _of_run(samples: Samples, folder: str) -> Side:
    pictures = files.read_array(samples.file)
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise InputError(f"{samples.file} is damaged: it holds no pictures")
    digits = len(str(max(0, len(pictures) - 1)))
    names = [f"{number:0{digits}d}" for number in range(len(pictures))]
    carry = partial(_encoded, names, pictures)
    return Side(samples.title, "generated", folder, len(names), carry)


def _encoded(names: Sequence[str], pictures: np.ndarray) -> Carried:
    for name, pixels in zip(names, pictures, strict=True):
        yield f"{name}.png", files.png(pixels)


def _of_files(listing: Listing, folder: str) -> Side:
    named = [(name, name) for name in listing.names]
    carry = partial(_read, listing, named)
    return Side(listing.title, _label(listing), folder, len(named), carry)


def _of_records(listing: Listing, folder: str, found: tfrecord.Unpacked) -> Side:
    def carry() -> Carried:
        if found.pictures:
            yield from _read(layout.one_set(str(found.archive)), found.pictures)
        yield from found.skipped

    count = len(found.pictures) + len(found.skipped)
    return Side(listing.title, _label(listing), folder, count, carry)


def _read(listing: Listing, named: Sequence[tuple[str, str]]) -> Carried:
    """Pictures of a listing under the names that go with theirs; a broken one by its own."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(named), BATCH):
            batch = named[start : start + BATCH]
            checked = pool.map(partial(_checked, listing), (entry for entry, _ in batch))
            for (entry, name), data in zip(batch, checked, strict=True):
                data = _again(listing, entry) if data is None else data
                yield (entry if isinstance(data, str) else name), data


def _checked(listing: Listing, name: str) -> bytes | str | None:
    """A good picture, None for a large one that is read again later, or why it is no good."""
    try:
        with listing.reading(name) as data:
            decode_whole(data)
            return data if len(data) <= SMALL else None
    except (UnreadableFile, BrokenPicture) as reason:
        return str(reason)


def _again(listing: Listing, name: str) -> bytes | str:
    try:
        return listing.read(name)
    except UnreadableFile as reason:
        return str(reason)
