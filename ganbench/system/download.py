"""Fetch a published file: known by its sha256, continued where it was cut."""

import http
import http.client
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from ganbench.system import files, https
from ganbench.system.https import Cut, NoDownload, NoPart

SLOW_SECONDS, SLOW_BYTES = 30.0, 1 << 16  # fewer bytes in so long a time are no download
WAIT_SECONDS = 900.0  # while another command downloads the same file
PAUSE_SECONDS = 1.0  # before a cut download goes on
ATTEMPTS = 5  # at one address
CHUNK_BYTES = 1 << 18
RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")

Progress = Callable[[int, int], None]  # bytes so far, bytes in all


class Published(Protocol):
    """A file that has the same bytes wherever it is published."""

    @property
    def sha256(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...


def part_of(stored: Path, release: Published) -> Path:
    """Where the bytes of an unfinished download wait; another content has another name."""
    return stored.with_name(f".{stored.name}.{release.sha256[:8]}.part")


@contextmanager
def turn(stored: Path) -> Iterator[None]:
    """Let one command at a time download to `stored`; NoDownload when that takes too long."""
    try:
        stored.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(stored.with_name(f".{stored.name}.lock"), timeout=WAIT_SECONDS)
        lock.acquire()
    except Timeout:
        raise NoDownload(f"another command has been at it for {WAIT_SECONDS:g} s") from None
    except (OSError, NotImplementedError) as error:
        raise NoDownload(https.reason(error)) from None
    try:
        yield
    finally:
        lock.release()


def fetch(url: str, stored: Path, on_progress: Progress | None, release: Published) -> None:
    """Download `release` from `url` to `stored`, in place only when its sha256 is right.

    Goes on with what an earlier attempt left. NoDownload says in words what went wrong.
    """
    https.refuse_plain(url)
    part = part_of(stored, release)
    inherited = _size(part) > 0
    try:
        _fetch_all(url, part, on_progress, release)
        if inherited and files.sha256(part) != release.sha256:
            files.remove(part)  # what was left may have been damaged: once more, from the start
            _fetch_all(url, part, on_progress, release)
        _keep(part, stored, release)
    except OSError as error:
        raise NoDownload(https.reason(error)) from None


def _fetch_all(url: str, part: Path, on_progress: Progress | None, release: Published) -> None:
    """Ask until all bytes are there; a server that gives nothing more is not asked again."""
    for attempt in range(1, ATTEMPTS + 1):
        before = _size(part)
        try:
            if before < release.size_bytes:
                _fetch_more(url, part, before, on_progress, release.size_bytes)
            return
        except Cut as cut:
            if isinstance(cut, NoPart):
                files.remove(part)
            if attempt == ATTEMPTS or _size(part) == before:
                raise
            time.sleep(PAUSE_SECONDS)


def _fetch_more(url: str, part: Path, start: int, on_progress: Progress | None, total: int) -> None:
    """Add what comes to the `start` bytes there are, or replace them by the whole."""
    with https.asked(url, start) as response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            start = 0
        elif not _goes_on(response, start, total):
            raise NoPart("another part of the file came than was asked for")
        _check_announced(response, start, total)
        with files.growing(part, start) as append:
            _copy(response, append, start, on_progress, total)


def _goes_on(response: http.client.HTTPResponse, start: int, total: int) -> bool:
    """Is this the part from `start` on of a file as long as ours?"""
    found = RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if not found:
        return False
    first, last, whole = map(int, found.groups())
    return first == start <= last < total == whole


def _check_announced(response: http.client.HTTPResponse, start: int, total: int) -> None:
    """Refuse a body of another length before a byte of it replaces what there is."""
    if response.status not in (http.HTTPStatus.OK, http.HTTPStatus.PARTIAL_CONTENT):
        raise NoDownload(f"the server answers {response.status} {https.line(response.reason)}")
    length = response.length  # None: not announced, or in no number
    whole = response.status == http.HTTPStatus.OK
    if length is not None and (length > total - start or (whole and length != total)):
        raise NoDownload(f"{length:,} bytes are announced, not the {total - start:,} of the file")


def _copy(
    response: http.client.HTTPResponse,
    append: Callable[[bytes], None],
    done: int,
    on_progress: Progress | None,
    total: int,
) -> None:
    """Copy until all `total` bytes are there, and no byte more, whatever was announced."""
    slow = _Slow()
    while done < total:
        chunk = https.read(response, min(CHUNK_BYTES, total - done))
        if not chunk:
            raise Cut(f"the connection was cut after {done:,} of {total:,} bytes")
        append(chunk)
        done += len(chunk)
        slow.check(len(chunk))
        if on_progress:
            on_progress(done, total)


class _Slow:
    """Gives up on a server that drips: each byte in time, and the file never."""

    def __init__(self) -> None:
        self._since, self._bytes = time.monotonic(), 0

    def check(self, came: int) -> None:
        self._bytes += came
        if time.monotonic() - self._since < SLOW_SECONDS:
            return
        if self._bytes < SLOW_BYTES:
            raise NoDownload(f"only {self._bytes:,} bytes came in {SLOW_SECONDS:g} s")
        self._since, self._bytes = time.monotonic(), 0


def _keep(part: Path, stored: Path, release: Published) -> None:
    """Move a download in place when it is the released file, and delete it when it is not."""
    digest = files.sha256(part)
    if digest != release.sha256:
        files.remove(part)
        raise NoDownload(f"wrong content (sha256 {digest[:8]}, not {release.sha256[:8]}), not kept")
    files.settle(part, stored)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
