"""Find the official Inception weights: option, environment, cache, download."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ganbench.errors import InputError
from ganbench.system import cache, digest_cache, download
from ganbench.system.download import Progress
from ganbench.system.https import NoDownload
from metrics.extractors.release import INCEPTION, Release

VARIABLE = "GANBENCH_INCEPTION"  # names a local copy
OFFLINE = "GANBENCH_OFFLINE"  # 1: never download


@dataclass(frozen=True)
class Found:
    """Where the weights are. `path` is None when they are out of reach; `problem` says why."""

    path: Path | None
    origin: Literal["option", "environment", "cache", "download", "none"]
    problem: str = ""


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
        return digest_cache.sha256(path) == release.sha256
    except (OSError, InputError):
        return False


def _download_any(stored: Path, on_progress: Progress | None, release: Release) -> Found:
    """Try each address in turn; the reasons of all go into one sentence."""
    try:
        with download.turn(stored):
            if _is(stored, release):  # another command had its turn first
                return Found(stored, "cache")
            return _try_each(stored, on_progress, release)
    except NoDownload as problem:
        return _out_of_reach(str(problem))


def _try_each(stored: Path, on_progress: Progress | None, release: Release) -> Found:
    problems = []
    for url in release.urls:
        try:
            download.fetch(url, stored, on_progress, release)
            return Found(stored, "download")
        except NoDownload as problem:
            problems.append(f"{urlsplit(url).netloc}: {problem}")
    return _out_of_reach("; ".join(dict.fromkeys(problems)))


def _out_of_reach(reasons: str) -> Found:
    return Found(None, "none", f"the Inception weights could not be downloaded ({reasons})")
