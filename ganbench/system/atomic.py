"""Drafts: what is written lies beside its place, and is moved in when the disk has it (fsync).

So a machine that dies shows the old content or the new one.
"""

import errno
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from ganbench.errors import InputError

# Names of what is not yet, or no longer, in place.
DRAFT = re.compile(r"\.(?P<name>.+?)\.[0-9a-f]{8}(\.old)?")
NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)  # of folders, on some network disks
MANY = 200  # files of one draft; the whole disk is synced sooner than each of more
FORGOTTEN = 24 * 3600.0  # seconds after which nobody is at work on a draft


class WriteError(InputError, OSError):
    """The disk did not take it: full, not allowed, broken. `strerror` is the system's reason."""

    def __init__(self, path: Path, error: OSError):
        reason = error.strerror or str(error)
        super().__init__(f"cannot write {path}: {reason}")
        self.errno, self.strerror = error.errno, reason

    def __str__(self) -> str:
        return str(self.args[0])


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell of a failure in here as that of writing `path`."""
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        raise WriteError(path, error) from error


@contextmanager
def building(path: Path, move: Callable[[Path, Path], None] | None = None) -> Iterator[Path]:
    """Yield a fresh name beside `path` for a file or folder; move it there when all went well.

    An older file or folder at `path` is replaced, unless `move` knows better. On an exception
    nothing at `path` changes.
    """
    with writing(path):
        make_folder(path.parent)
        if path.name in _left_in(path.parent.absolute()):
            sweep(path.parent, path.name, FORGOTTEN)
    draft = _beside(path)
    try:
        yield draft
        settle(draft, path, move)
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            remove(draft)
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it, if they are not there."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)


def settle(draft: Path, path: Path, move: Callable[[Path, Path], None] | None = None) -> None:
    """Move what is whole from beside `path` in its place; the disk has it before and after."""
    with writing(path):
        sync(draft)
        (move or _move)(draft, path)
        _sync_one(path.parent)


def discard(path: Path) -> None:
    """Remove a folder so that, whenever that is cut short, no half of it is taken for the whole."""
    with writing(path):
        if path.exists():
            os.replace(path, f"{_beside(path)}.old")
        if path.parent.is_dir():
            sweep(path.parent, path.name)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def _move(draft: Path, path: Path) -> None:
    """Put a draft in its place.

    A folder cannot replace a folder in one call, so for a moment there is none. What a crash in
    that moment loses is made again: whoever cannot have that keeps two, as `checkpoint` does.
    """
    if not (draft.is_dir() and path.is_dir() and any(path.iterdir())):
        os.replace(draft, path)
        return
    old = path.with_name(f"{_beside(path).name}.old")
    os.replace(path, old)
    try:
        os.replace(draft, path)
    except OSError:
        os.replace(old, path)
        raise
    with suppress(OSError):  # swept another time
        remove(old)


def sync(path: Path) -> None:
    """Wait until the disk has a file, or a folder with all that is in it."""
    children = list(path.rglob("*")) if path.is_dir() else []
    if len(children) > MANY and hasattr(os, "sync"):
        os.sync()
    else:
        for child in children:
            _sync_one(child)
    _sync_one(path)


def _sync_one(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows opens no folders, and keeps them in order
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_SYNC or not path.is_dir():
            raise
    finally:
        os.close(handle)


def sweep(folder: Path, name: str, older: float = 0.0) -> None:
    """Remove the drafts of `name` in `folder` that killed processes left, half written.

    For whoever alone may write that name; all others ask for those `older` than some seconds.
    """
    with os.scandir(folder) as entries:
        drafts = [entry for entry in entries if DRAFT.fullmatch(entry.name)]
    for entry in drafts:
        if entry.name.startswith(f".{name}."):
            with suppress(OSError):
                if time.time() - entry.stat(follow_symlinks=False).st_mtime >= older:
                    remove(Path(entry.path))


@lru_cache  # a folder of a hundred thousand pictures is not listed for each of them
def _left_in(folder: Path) -> frozenset[str]:
    """Names of which there were drafts in `folder` when this process first wrote there."""
    with os.scandir(folder) as entries:
        drafts = [DRAFT.fullmatch(entry.name) for entry in entries]
    return frozenset(draft["name"] for draft in drafts if draft)


def sweep_all(folder: Path) -> None:
    """Remove all drafts in `folder` and below: for whoever alone may write anything there."""
    for place, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            if DRAFT.fullmatch(name):
                with suppress(OSError):
                    remove(Path(place, name))


def remove(path: Path) -> None:
    """Remove a file or folder if it is there."""
    with writing(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
