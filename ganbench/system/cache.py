"""Where things that can be made again are kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock

from ganbench.errors import InputError


def folder(kind: str) -> Path:
    """Folder for one kind of cached thing; the variable GANBENCH_CACHE moves them all."""
    root = os.environ.get("GANBENCH_CACHE") or platformdirs.user_cache_dir("ganbench")
    return Path(root) / kind


@contextmanager
def turn(place: Path) -> Iterator[None]:
    """Wait until nobody else on this machine makes what belongs at `place`, or looks for it."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place.with_name(f"{place.name}.lock"))
        lock.acquire()
    except OSError as error:
        raise unwritable(place.parent, error) from None
    try:
        yield
    finally:
        lock.release()


def unwritable(folder: Path, error: OSError) -> InputError:
    """What to say when a cache folder does not take what is put there."""
    return InputError(
        f"cannot write to the cache folder {folder} ({error.strerror or error})",
        "set GANBENCH_CACHE to a folder with room that can be written",
    )


def damaged(folder: Path) -> InputError:
    """What to say of what is no longer what was put there."""
    return InputError(f"{folder} in the cache is damaged", "start again, it is made anew")
