"""Find the weights of an extractor: option, environment, package, cache, download."""

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
FOLDER = "GANBENCH_WEIGHTS"  # a folder that holds files under their published names
OFFLINE = "GANBENCH_OFFLINE"  # 1: never download


@dataclass(frozen=True)
class Found:
    """Where the weights are. `path` is None when they are out of reach; `problem` says why."""

    path: Path | None
    origin: Literal["option", "environment", "package", "cache", "download", "none"]
    problem: str = ""


def find(
    option: Path | None = None,
    on_progress: Progress | None = None,
    offline: bool = False,
    release: Release = INCEPTION,
) -> Found:
    """Weights from `option`, the environment, an installed package, the cache, or a download.

    A file that the user named must be there: InputError if not. Whether it is the official one is
    for the extractor to say. Any other is taken only when its sha256 is right.
    """
    if option is not None:
        return Found(_named(Path(option), "--inception-weights"), "option")
    if os.environ.get(VARIABLE) and release.what == INCEPTION.what:
        return Found(_named(Path(os.environ[VARIABLE]), VARIABLE), "environment")
    if os.environ.get(FOLDER):
        ours = Path(os.environ[FOLDER]).expanduser() / release.filename
        if _is(ours, release):
            return Found(ours, "environment")
    if release.package:
        return _packaged(release)
    stored = cache.folder("weights") / release.filename
    if _is(stored, release):
        return Found(stored, "cache")
    if offline or os.environ.get(OFFLINE, "0") not in ("", "0"):
        return Found(None, "none", f"no {release.what} weights in the cache, and downloads are off")
    return _download_any(stored, on_progress, release)


def _packaged(release: Release) -> Found:
    """The file that an installed package brings, if it is whole."""
    path = release.packaged()
    if path is None:
        return Found(None, "none", f"{release.what} is not installed: {release.install}")
    if not _is(path, release):
        again = release.install.replace("pip install", "pip install --force-reinstall")
        return Found(None, "none", f"{path} is damaged or not as published: {again}")
    return Found(path, "package")


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
        return _out_of_reach(release, str(problem))


def _try_each(stored: Path, on_progress: Progress | None, release: Release) -> Found:
    problems = []
    for url in release.urls:
        try:
            download.fetch(url, stored, on_progress, release)
            return Found(stored, "download")
        except NoDownload as problem:
            problems.append(f"{urlsplit(url).netloc}: {problem}")
    return _out_of_reach(release, "; ".join(dict.fromkeys(problems)))


def _out_of_reach(release: Release, reasons: str) -> Found:
    return Found(None, "none", f"the {release.what} weights could not be downloaded ({reasons})")
