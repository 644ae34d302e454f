"""Listing -> recipe: how the pictures of a folder, zip, TFRecord or the embedded set are made."""

import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain
from multiprocessing import connection, parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar

from ganbench.data import limit as limits
from ganbench.data.read_ahead import ReadAhead, workers
from ganbench.data.sources.bounded_read import TemporaryFailure, UnreadableFile, opened
from ganbench.data.sources.decode import RESIZE_VERSION, BrokenPicture, Picture, decode, digest
from ganbench.data.sources.layout import Listing, one_set
from ganbench.data.sources.picture_kinds import HEIF
from ganbench.data.store import Made, Recipe
from ganbench.errors import InputError
from ganbench.system.digest_cache import DigestCache
from ganbench.system.text import shown, spelled

Kind = Literal["photo", "painting"]
KINDS: dict[Kind, str] = {"photo": "photographs", "painting": "paintings"}
T = TypeVar("T")
U = TypeVar("U")


def listed(listing: Listing, size: int, limit: int | None = None) -> Recipe:
    """The recipe of a listing; knows every file's digest, which is what makes the cache safe.

    Of more pictures than `limit` only those that it takes are looked at; TFRecords are read whole.
    """
    from ganbench.data.sources import tfrecord

    count = 0 if limit is None else limits.count(listing)
    limited = limit is not None and limit < count
    if not listing.records:
        listing = replace(listing, names=limits.taken(listing.names, limit))
    found = _digests(listing, limit if limited else None)
    unread = {name: why for name, (_, why) in found.items() if why}
    content = [
        RESIZE_VERSION,
        size,
        tfrecord.VERSION if listing.records else False,
        [(name, digest or why) for name, (digest, why) in found.items()],
        *([limit] if limited and listing.records else []),
    ]
    fingerprint = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    at_most = 0 if listing.records else len(listing.names)
    make = partial(_from_pictures, listing, size, unread)
    if listing.records:
        make = partial(_from_records, listing, size, unread, limit)
    return Recipe(listing.title, fingerprint, at_most, make, count if limited else None)


def embedded(kind: Kind, size: int, limit: int | None = None) -> Recipe:
    """The recipe of one side of the embedded set `scenes`, or of so many pictures of it."""
    from ganbench.data import scenes

    count = scenes.COUNTS[kind]
    places = {_name(kind, index): index for index in range(count)}
    indices = tuple(places[name] for name in limits.taken(list(places), limit))
    limited = len(indices) < count
    content = ["scenes", scenes.VERSION, kind, count, size, *([indices] if limited else [])]
    fingerprint = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    make = partial(_drawn, kind, size, indices)
    title, of = f"scenes: {KINDS[kind]}", count if limited else None
    return Recipe(title, fingerprint, len(indices), make, of)


def truths(indices: tuple[int, ...], size: int) -> Recipe:
    """The true paintings of these embedded photographs, in this order."""
    from ganbench.data import scenes

    content = ["scenes", scenes.VERSION, "truth", indices, size]
    fingerprint = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    make = partial(_drawn, "truth", size, indices)
    return Recipe("scenes: true paintings", fingerprint, len(indices), make)


def _in_threads(make: Callable[[T], U], items: Iterable[T]) -> "closing[ReadAhead[U]]":
    return closing(ReadAhead(ThreadPoolExecutor(workers()), make, items, 4 * workers()))


def _digests(listing: Listing, limit: int | None) -> dict[str, tuple[str, str]]:
    """Of every file its digest, or why its bytes cannot be had; unchanged files are not read."""
    place: tuple[object, ...] = (str(listing.tree.path.absolute()), listing.prefix, listing.title)
    place += () if limit is None else (limit,)  # a note of its own: what is not asked for is let go
    known = DigestCache(repr((*place, HEIF) if HEIF else place))
    recalled = {name: known.recall(listing.stamp(name)) for name in listing.names}
    found = {name: (digest or "", "") for name, digest in recalled.items()}
    changed = [name for name, digest in recalled.items() if not digest]
    with _in_threads(partial(_digest, listing, known), changed) as read:
        found.update(zip(changed, read, strict=True))
    known.save()
    return found


def _digest(listing: Listing, known: DigestCache, name: str) -> tuple[str, str]:
    """Of a file's bytes, or why they cannot be had: the fingerprint knows either."""
    try:
        return known.make(partial(listing.stamp, name), partial(_sha256, listing, name)), ""
    except (UnreadableFile, OSError) as reason:
        return "", str(reason)


def _sha256(listing: Listing, name: str) -> str:
    if listing.records:  # whole sets, which may be larger than any picture's bytes
        with opened(listing.tree.path / (listing.prefix + name)) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    with listing.reading(name) as data:
        return digest(data).hex()


def _from_pictures(
    listing: Listing, size: int, unread: Mapping[str, str], scratch: Path
) -> tuple[int, Made]:
    return len(listing.names), _decoded(listing, size, unread)


def _decoded(listing: Listing, size: int, unread: Mapping[str, str]) -> Made:
    with _in_threads(partial(_try_decode, listing, size, unread), listing.names) as pictures:
        yield from zip(map(spelled, listing.names), pictures, strict=True)


def _try_decode(listing: Listing, size: int, unread: Mapping[str, str], name: str) -> Picture | str:
    """A picture, or why there is none; InputError where the machine fails, not the file.

    By then the fingerprint says that the file's bytes are here: leaving it out would be for good.
    """
    if name in unread:
        return unread[name]
    try:
        with listing.reading(name) as data:
            return decode(data, size)
    except TemporaryFailure as reason:
        raise InputError(f"{shown(name)} of {listing.title} {reason}", "start again") from None
    except (UnreadableFile, BrokenPicture) as reason:
        return str(reason)


def _from_records(
    listing: Listing, size: int, unread: Mapping[str, str], limit: int | None, scratch: Path
) -> tuple[int, Made]:
    from ganbench.data.sources import tfrecord

    read = replace(listing, names=tuple(name for name in listing.names if name not in unread))
    (found,) = tfrecord.unpack([read], scratch)
    skipped = [*found.skipped, *((spelled(name), why) for name, why in unread.items())]
    if not found.pictures:
        return len(skipped), iter(skipped)
    whole = one_set(str(found.archive))
    some = replace(whole, names=limits.taken(whole.names, limit))
    count, made = _from_pictures(some, size, {}, scratch)
    return count + len(skipped), chain(made, skipped)


def _drawn(kind: str, size: int, indices: tuple[int, ...], scratch: Path) -> tuple[int, Made]:
    return len(indices), _draw_all(kind, size, indices)


def _name(kind: str, index: int) -> str:
    return f"{kind}-{index:04d}"


def _draw_all(kind: str, size: int, indices: tuple[int, ...]) -> Made:
    # Drawing is Python and numpy in turns, so threads would wait for each other; processes do not.
    pool = ProcessPoolExecutor(workers(), _Alone(), initializer=_end_with_starter)
    with closing(ReadAhead(pool, partial(_draw, kind, size), indices, 4 * workers())) as pictures:
        try:
            for index, pixels in zip(indices, pictures, strict=True):
                yield _name(kind, index), Picture(pixels, size, size)
        except BrokenProcessPool:  # they have said why
            raise InputError("the processes that draw the pictures ended", "start again") from None


class _Drawer(SpawnProcess):
    """A process that is not told which program started it.

    It would run that once more: a script that calls `ganbench.run` on its top level, in each.
    """

    def start(self) -> None:
        program = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            super().start()
        finally:
            sys.modules["__main__"] = program


class _Alone(SpawnContext):
    Process = _Drawer


def _end_with_starter() -> None:
    """End this process when the one that started it has ended, by whatever signal."""
    starter = parent_process()
    assert starter

    def wait() -> None:
        connection.wait([starter.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _draw(kind: str, size: int, index: int) -> Any:
    from ganbench.data import scenes

    if kind == "truth":
        return scenes.pair(index, size)[1]
    return (scenes.photo if kind == "photo" else scenes.painting)(index, size)
