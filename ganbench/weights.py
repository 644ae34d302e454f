"""Find the official Inception weights: option, environment, cache, download."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import urlsplit

from ganbench import cache, files
from ganbench.errors import InputError
from metrics.official import INCEPTION, Release

VARIABLE = "GANBENCH_INCEPTION"  # names a local copy
OFFLINE = "GANBENCH_OFFLINE"  # 1: never download
TIMEOUT_SECONDS = 5.0  # without an answer or without a byte
CHUNK_BYTES = 1 << 18

Progress = Callable[[int, int], None]  # bytes so far, bytes in all


@dataclass(frozen=True)
class Found:
    """Where the weights are. `path` is None when they are out of reach; `problem` says why."""

    path: Path | None
    origin: Literal["option", "environment", "cache", "download", "none"]
    problem: str = ""


class _NoDownload(Exception):
    """Why a download came to nothing, in words that follow an address."""


def find(
    option: Path | None = None,
    on_progress: Progress | None = None,
    offline: bool = False,
    release: Release = INCEPTION,
) -> Found:
    """The weights from `option`, else the environment, else the cache, else a download.

    A file that the user named must be there: InputError if not. Whether it is the official one is
    for the extractor to say. A download is kept only when its sha256 is right.
    """
    if option is not None:
        return Found(_named(Path(option), "--inception-weights"), "option")
    if os.environ.get(VARIABLE):
        return Found(_named(Path(os.environ[VARIABLE]), VARIABLE), "environment")
    stored = cache.folder("weights") / release.filename
    if _is(stored, release):
        return Found(stored, "cache")
    if offline or os.environ.get(OFFLINE, "0") not in ("", "0"):
        return Found(None, "none", "no Inception weights in the cache, and downloads are off")
    return _download_any(stored, on_progress, release)


def in_cache(release: Release = INCEPTION) -> Path | None:
    """The cached weights if they are there and whole; asks no network."""
    stored = cache.folder("weights") / release.filename
    return stored if _is(stored, release) else None


def _named(path: Path, by: str) -> Path:
    path = path.expanduser()
    if path.is_file():
        return path
    what = "a folder" if path.is_dir() else "not there"
    raise InputError(
        f"the Inception weights {path}, named by {by}, are {what}",
        f"name the file {INCEPTION.filename}, or leave {by} out to download it",
    )


def _is(path: Path, release: Release) -> bool:
    """Whether `path` is whole and unchanged; the size is asked first because it costs nothing."""
    try:
        if path.stat().st_size != release.size_bytes:
            return False
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == release.sha256
    except OSError:
        return False


def _download_any(stored: Path, on_progress: Progress | None, release: Release) -> Found:
    """Try each address in turn; the reasons of all go into one sentence."""
    problems = []
    for url in release.urls:
        try:
            _download(url, stored, on_progress, release)
            return Found(stored, "download")
        except _NoDownload as problem:
            problems.append(f"{urlsplit(url).netloc}: {problem}")
    reasons = "; ".join(dict.fromkeys(problems))
    return Found(None, "none", f"the Inception weights could not be downloaded ({reasons})")


def _download(url: str, stored: Path, on_progress: Progress | None, release: Release) -> None:
    _refuse_plain_http(url)
    try:
        with (
            files.building(stored) as draft,
            _opener().open(url, timeout=TIMEOUT_SECONDS) as response,
            open(draft, "wb") as file,
        ):
            _copy(response, file, on_progress, release)
    except urllib.error.HTTPError as error:
        raise _NoDownload(f"the server answers {error.code} {error.reason}") from None
    except TimeoutError:
        raise _NoDownload(f"no answer within {TIMEOUT_SECONDS:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise _NoDownload(str(reason) or type(error).__name__) from None


def _copy(source: Any, file: IO[bytes], on_progress: Progress | None, release: Release) -> None:
    """Copy to `file`, hashing on the way; _NoDownload when it is not the released file."""
    digest, done = hashlib.sha256(), 0
    total = int(source.headers.get("Content-Length") or release.size_bytes)
    while chunk := source.read(CHUNK_BYTES):
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if done > release.size_bytes:
            raise _NoDownload(f"more than the {release.size_bytes:,} bytes of the file came")
        if on_progress:
            on_progress(done, total)
    if done < total:
        raise _NoDownload(f"the connection was cut after {done:,} of {total:,} bytes")
    if digest.hexdigest() != release.sha256:
        got = digest.hexdigest()
        raise _NoDownload(f"wrong content (sha256 {got[:8]}, not {release.sha256[:8]}), not kept")


class _SafeRedirect(urllib.request.HTTPRedirectHandler):
    """Follow redirects as usual, but never down to plain http."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _refuse_plain_http(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_SafeRedirect())


def _refuse_plain_http(url: str) -> None:
    """Only https, and http from this very machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) != ("http", "127.0.0.1"):
        raise _NoDownload(f"{parts.scheme or 'no scheme'} is not https")
