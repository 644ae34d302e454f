"""What comes from another machine, a domain or a file, kept under its content: once a machine.

The key of a domain is the sha256 of its domain.json, which is sealed and names the sha256 of the
pictures; that of a file is its own.
"""

import contextlib
import re
import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from ganbench.data import store
from ganbench.errors import InputError
from ganbench.system import cache, digest_cache, files, sealed_folder
from ganbench.system.text import size_words

FILES = (store.NOTE, store.PICTURES)
KEY, NAME = re.compile("[0-9a-f]{64}"), re.compile(r"[A-Za-z0-9-]{1,100}")
ENDING = re.compile(r"(\.[A-Za-z0-9]{1,20})?")


def key(folder: Path) -> str:
    """The content key of a domain in a cache."""
    return files.sha256(folder / store.NOTE)


def turn(key: str) -> AbstractContextManager[None]:
    """Wait until nobody else on this machine looks for what has this key, or fetches it."""
    return cache.turn(_place(key))


def find(name: str, key: str) -> Path | None:
    """Where this machine has the domain whole: made here as `name`, or shipped before."""
    if not NAME.fullmatch(name):
        raise InputError(f"{name[:80]!r} is no name of a set of pictures")
    for folder in (cache.folder("data") / name, _place(key)):
        with contextlib.suppress(InputError, OSError):
            if files.sha256(folder / store.NOTE) == key:
                store.open_whole(folder)
                return folder
    return None


def receive(key: str, content: dict[str, Iterable[bytes]], count: int) -> Path:
    """Keep the `count` bytes of a domain's files, or nothing of it, and return where it is.

    For whose turn it is. InputError when there is no room, or what comes is not what was promised.
    """
    folder = _place(key)
    _make_room(folder, count, "the pictures need")
    with files.building(folder) as draft:
        draft.mkdir()
        for name in FILES:
            _write(draft / name, content[name])
        if files.sha256(draft / store.NOTE) != key:
            raise InputError("the pictures did not arrive as they were sent")
        sealed_folder.check(draft, files.read_sealed(draft / store.NOTE))
    if (folder / store.PICTURES).stat().st_size > store.LARGE:
        told = files.read_sealed(folder / store.NOTE)
        digest_cache.remember(folder / store.PICTURES, told["files"][store.PICTURES])
    return folder


def find_file(key: str, ending: str) -> Path | None:
    """Where this machine has a file that was shipped before; `ending`: of its name, as ".pth"."""
    path = _file(key, ending)
    return path if path.is_file() and digest_cache.sha256(path) == key else None


def receive_file(key: str, ending: str, content: Iterable[bytes], count: int) -> Path:
    """Keep the `count` bytes of a file, as `receive` those of a domain."""
    path = _file(key, ending)
    _make_room(path, count, "a file needs")
    with files.building(path) as draft:
        _write(draft, content)
        if files.sha256(draft) != key:
            raise InputError("a file did not arrive as it was sent")
    return path


def _make_room(place: Path, count: int, what: str) -> None:
    """Remove what killed processes left there; InputError if there is no room for `count` bytes."""
    free = shutil.disk_usage(place.parent).free
    if count > free:
        raise InputError(
            f"{what} {size_words(count)} in the cache {place.parent}; {size_words(free)} are free",
            "set GANBENCH_CACHE to a folder with more room",
        )
    files.sweep(place.parent, place.name)  # it is our turn


def _write(path: Path, content: Iterable[bytes]) -> None:
    with files.growing(path, 0) as append:
        for part in content:
            append(part)


def _file(key: str, ending: str) -> Path:
    if not ENDING.fullmatch(ending):
        raise InputError(f"{ending[:80]!r} is no ending of a name")
    return _place(key).with_name(f"{key}-file{ending}")


def _place(key: str) -> Path:
    if not KEY.fullmatch(key):
        raise InputError(f"{key[:80]!r} is no sha256")
    return cache.folder("shipped") / key
