"""Digests remembered by what the file system says of a file, as git's index does.

Whoever changes a byte may put size and mtime back, but not the ctime, which is of the system's
clock. Two changes within a tick of that clock look alike, so a file that was changed a moment ago
is hashed each time ("racily clean" in git). Windows keeps no such time, its ctime is that of the
file's making: there a change whose mtime was put back goes unnoticed.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ganbench.errors import InputError
from ganbench.system import cache, files

RACY_NS = 2 * 10**9  # nanoseconds; the coarsest clock is FAT's, of 2 s
MOST = 200_000  # digests kept of one place; its note is read as a whole


def stamp(found: os.stat_result, part: str = "") -> str | None:
    """What is said of a file, or of a `part` of it; None for one that was changed just now."""
    if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) < RACY_NS:
        return None
    told = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return " ".join(map(str, told)) + f" {part}" * bool(part)


class DigestCache:
    """The digests of what lies in one place; `save` keeps those that were asked for."""

    def __init__(self, place: str):
        name = hashlib.sha256(os.fsencode(place)).hexdigest()[:32]
        self._note = cache.folder("digests") / f"{name}.json"
        self._known = _read(self._note)
        self._asked: dict[str, str] = {}

    def recall(self, stamp: str | None) -> str | None:
        """The digest of what has this stamp, if it is known."""
        found = self._known.get(stamp) if stamp else None
        if stamp and found:
            self._asked[stamp] = found
        return found

    def make(self, stamp: Callable[[], str | None], digest: Callable[[], str]) -> str:
        """`digest()`, remembered if the stamp is the same before and after."""
        before = stamp()
        made = digest()
        if before and stamp() == before:
            self._asked[before] = made
        return made

    def save(self) -> None:
        """Keep what was asked for; a cache that cannot be written costs time alone."""
        if self._asked != self._known and len(self._asked) <= MOST:
            with suppress(OSError):
                files.write_sealed(self._note, {"digests": self._asked})


def _read(note: Path) -> dict[str, str]:
    try:
        found = files.read_sealed(note)["digests"]
    except (InputError, KeyError):  # not there, or damaged
        return {}
    whole = isinstance(found, dict) and all(isinstance(digest, str) for digest in found.values())
    return found if whole else {}


def sha256(path: Path) -> str:
    """Hexadecimal digest of a large file's bytes, remembered."""
    return _of(path, lambda: files.sha256(path))


def remember(path: Path, sha256: str) -> None:
    """Note the digest of a large file that was written just now: waits until that is a while ago.

    Hashing it anew at the next start would take longer.
    """
    time.sleep(RACY_NS / 1e9)
    _of(path, lambda: sha256)


def _of(path: Path, digest: Callable[[], str]) -> str:
    known = DigestCache(str(path.absolute()))
    found = known.recall(stamp(path.stat())) or known.make(lambda: stamp(path.stat()), digest)
    known.save()
    return found
