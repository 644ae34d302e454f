"""The cache: each domain is one memory-mapped uint8 array and one JSON file in one folder.

The folder's name is a hash of the content, so a changed byte, another size or another version of
the loader is another folder, and nothing is ever overwritten. It is built under a temporary name,
behind a lock, and moved into place whole; a damaged one is made again.
"""

import contextlib
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from filelock import FileLock

from ganbench.data.sources.decode import Picture
from ganbench.errors import InputError
from ganbench.system import cache, digest_cache, files, sealed_folder
from ganbench.system.text import printable, shown

LAYOUT = 1  # of the cache folder
NOTE, PICTURES = "domain.json", "pictures.npy"  # its files
FEWEST = 2
LARGE = 64 * 2**20  # bytes that take longer to hash than to wait for

OnProgress = Callable[[str, int, int], None]  # title, done, total
Made = Iterator[tuple[str, Picture | str]]  # a name and its picture, or why there is none


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Domain:
    """One set of pictures, as every model sees it."""

    title: str
    pictures: np.ndarray  # uint8, N H W 3, memory-mapped and read-only
    names: tuple[str, ...]  # one for each picture, relative to its folder
    skipped: tuple[Skipped, ...]
    duplicates: tuple[tuple[str, ...], ...]  # names of pictures that are identical once prepared
    original_sizes: dict[str, int]  # "256x256" -> how many
    fingerprint: str  # hash of names, bytes, size and resize version
    folder: Path  # where the cache keeps it
    left_alone: tuple[str, ...] = ()  # what lies beside it and is not trained on; not in the cache
    taken_of: int | None = None  # how many there are where a limit took some; not in the cache

    def describe(self) -> dict[str, Any]:
        """What a record says of this domain: strict JSON, no path of this machine."""
        return {
            "title": self.title,
            "count": len(self.names),
            "size": int(self.pictures.shape[1]),
            "fingerprint": self.fingerprint,
            "original_sizes": self.original_sizes,
            "skipped": [asdict(file) for file in self.skipped],
            "duplicates": [list(group) for group in self.duplicates],
            "left_alone": list(self.left_alone),
        } | ({"taken_of": self.taken_of} if self.taken_of else {})


@dataclass(frozen=True)
class Recipe:
    """What a domain is to hold, known without decoding anything, and how to make it."""

    title: str
    fingerprint: str
    at_most: int  # pictures, before the broken ones are known
    make: Callable[[Path], tuple[int, Made]]  # scratch folder -> how many will come, and they
    taken_of: int | None = None  # how many there are where a limit takes some


def domain(recipe: Recipe, size: int, on_progress: OnProgress | None = None) -> Domain:
    """Take a domain from the cache, or make it there first; InputError when it cannot be made."""
    folder = cache.folder("data") / _folder_name(recipe, size)
    try:
        with contextlib.suppress(InputError):
            return open_whole(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            with contextlib.suppress(InputError):  # another process made it in the meantime
                return open_whole(folder)
            _build(recipe, size, folder, on_progress)
    except OSError as error:
        raise cache.unwritable(folder.parent, error) from None
    return open_domain(folder)


def open_whole(folder: Path) -> Domain:
    """Open a domain once for a whole command: every byte of it is held against its digest."""
    sealed_folder.check(folder, files.read_sealed(folder / NOTE), digest_cache.sha256)
    return open_domain(folder)


def open_domain(folder: Path) -> Domain:
    """Map a domain that is in the cache, decoding nothing; InputError when it is damaged.

    Of the pictures only header and size are looked at: every worker opens them.
    """
    about = files.read_sealed(folder / NOTE)
    pictures = files.read_array(folder / PICTURES)
    try:
        found = Domain(
            title=about["title"],
            pictures=pictures,
            names=tuple(about["names"]),
            skipped=tuple(Skipped(**file) for file in about["skipped"]),
            duplicates=tuple(map(tuple, about["duplicates"])),
            original_sizes=dict(about["original_sizes"]),
            fingerprint=about["fingerprint"],
            folder=folder,
        )
        whole = pictures.shape == (len(found.names), about["size"], about["size"], 3)
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole or pictures.dtype != np.uint8:
        raise cache.damaged(folder)
    return found


def _folder_name(recipe: Recipe, size: int) -> str:
    # Pillow's version counts: other decoders differ by bits, and bits move FID.
    parts = (LAYOUT, PIL.__version__, recipe.title, recipe.fingerprint, size)
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", recipe.title).strip("-")[:40]
    return f"{readable or 'set'}-{size}px-{digest[:16]}"


def _build(recipe: Recipe, size: int, folder: Path, on_progress: OnProgress | None) -> None:
    files.sweep(folder.parent, folder.name)  # of a build that was killed: the lock is ours
    need = recipe.at_most * size * size * 3
    free = shutil.disk_usage(folder.parent).free
    if need > free:
        raise InputError(
            f"{recipe.title} needs {_gib(need)} in the cache {folder.parent}; {_gib(free)} is free",
            "set GANBENCH_CACHE to a folder with more room, or choose a smaller --size",
        )
    with sealed_folder.building(folder, NOTE) as (draft, about):
        scratch = draft / "scratch"
        scratch.mkdir()
        about |= _fill(draft / PICTURES, recipe, size, scratch, on_progress)
        files.remove(scratch)
    if (folder / PICTURES).stat().st_size > LARGE:
        digest_cache.remember(folder / PICTURES, about["files"][PICTURES])


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def _fill(
    path: Path, recipe: Recipe, size: int, scratch: Path, on_progress: OnProgress | None
) -> dict[str, Any]:
    """Write all good pictures to `path`, one after the other; return what domain.json says."""
    names: list[str] = []
    skipped: list[Skipped] = []
    sizes: Counter[str] = Counter()
    alike: dict[bytes, list[str]] = {}
    total, made = recipe.make(scratch)
    with files.growing_array(path, np.dtype(np.uint8), (size, size, 3)) as append:
        for done, (name, picture) in enumerate(made, 1):
            if isinstance(picture, str):
                skipped.append(Skipped(name, picture))
            else:
                rows = np.ascontiguousarray(picture.pixels)
                append(rows[None])
                names.append(name)
                sizes[f"{picture.width}x{picture.height}"] += 1
                alike.setdefault(hashlib.blake2b(rows.data, digest_size=16).digest(), []).append(
                    name
                )
            if on_progress is not None:
                on_progress(recipe.title, done, total)
    _enough(recipe.title, len(names), skipped)
    return {
        "title": recipe.title,
        "size": size,
        "fingerprint": recipe.fingerprint,
        "names": names,
        "skipped": [asdict(one) for one in skipped],
        "duplicates": [group for group in alike.values() if len(group) > 1],
        "original_sizes": dict(sizes.most_common()),
    }


def _enough(title: str, good: int, skipped: list[Skipped]) -> None:
    if good >= FEWEST:
        return
    count = {0: "no readable picture", 1: "only one readable picture"}[good]
    because = f" ({shown(skipped[0].name)}: {printable(skipped[0].reason)})" if skipped else ""
    raise InputError(f"{title} has {count}{because}", f"at least {FEWEST} are needed")
