"""Several commands at work on one suite: each run is claimed by one of them.

A claim is a lock that the operating system holds for a process: it ends with the process, however
that ends, so none is left behind.
"""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ganbench.system import files

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CLAIMS, COMMANDS = ".claims", ".commands"  # folders of locks in a suite's folder


@contextmanager
def claim(run: Path) -> Iterator[bool]:
    """Claim the run whose folder is `run`; yields False at once when another process has it."""
    lock = _lock(run.parent / CLAIMS / f"{run.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_claimed(run: Path) -> bool:
    """Does a process have the run whose folder is `run`?

    Whoever looks writes nothing and keeps nobody out: a command that wants the run in the same
    moment, as long as one lock takes, comes back for it.
    """
    path = run.parent / CLAIMS / f"{run.name}.lock"
    if fcntl is None:  # Windows: a file that is locked cannot be read
        try:
            path.read_bytes()
        except OSError:
            return path.exists()
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:  # never claimed
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.EACCES)
    finally:
        os.close(handle)
    return False


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait for the turn to change what all commands share in `folder`."""
    with _lock(folder / ".lock"):
        yield


@contextmanager
def present(suite: Path) -> Iterator[None]:
    """Be seen by `others` of the suite as long as this lasts."""
    own = suite / COMMANDS / f"{uuid.uuid4().hex}.lock"
    try:
        with _lock(own):
            yield
    finally:
        own.unlink(missing_ok=True)


def others(suite: Path) -> bool:
    """Is another command at work on the suite? Whoever asks must not be present yet."""
    for path in (suite / COMMANDS).glob("*.lock"):
        try:
            with _lock(path).acquire(timeout=0):
                files.remove(path)  # of a command that was killed
        except Timeout:
            return True
    return False


def _lock(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path)
