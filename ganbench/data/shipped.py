"""A domain that comes from another machine, kept under its content key: once a machine.

The key is the sha256 of its domain.json, which is sealed and names the sha256 of the pictures.
"""

import contextlib
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from ganbench.data import store
from ganbench.errors import InputError
from ganbench.system import cache, digest_cache, files, sealed_folder
from ganbench.system.text import size_words

FILES = (store.NOTE, store.PICTURES)
KEY, NAME = re.compile("[0-9a-f]{64}"), re.compile(r"[A-Za-z0-9-]{1,100}")


def key(folder: Path) -> str:
    """The content key of a domain in a cache."""
    return files.sha256(folder / store.NOTE)


@contextmanager
def turn(key: str) -> Iterator[None]:
    """Wait until nobody else on this machine looks for the domain or fetches it."""
    folder = _place(key)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_name(f"{folder.name}.lock"))
        lock.acquire()
    except OSError as error:
        raise cache.unwritable(folder.parent, error) from None
    try:
        yield
    finally:
        lock.release()


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
    free = shutil.disk_usage(folder.parent).free
    if count > free:
        raise InputError(
            f"the pictures need {size_words(count)} in the cache {folder.parent};"
            f" {size_words(free)} are free",
            "set GANBENCH_CACHE to a folder with more room",
        )
    files.sweep(folder.parent, folder.name)  # of whoever was killed: it is our turn
    with files.building(folder) as draft:
        draft.mkdir()
        for name in FILES:
            with files.growing(draft / name, 0) as append:
                for part in content[name]:
                    append(part)
        if files.sha256(draft / store.NOTE) != key:
            raise InputError("the pictures did not arrive as they were sent")
        sealed_folder.check(draft, files.read_sealed(draft / store.NOTE))
    if (folder / store.PICTURES).stat().st_size > store.LARGE:
        told = files.read_sealed(folder / store.NOTE)
        digest_cache.remember(folder / store.PICTURES, told["files"][store.PICTURES])
    return folder


def _place(key: str) -> Path:
    if not KEY.fullmatch(key):
        raise InputError(f"{key[:80]!r} is no sha256")
    return cache.folder("shipped") / key
