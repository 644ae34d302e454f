"""What a network saw in a set of pictures, kept by content and protocol.

A folder holds one .npy a kind of feature and `about.json`: the count, the digest of each array, and
what the maker wants to know again. A changed byte in a picture, other weights, another resize,
precision or version, another kind of device or torch give another folder. A damaged one is made
again.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.errors import InputError
from ganbench.system import cache, environment, files, sealed_folder
from metrics.sample import Sample

LAYOUT = 2  # of the folder
NOTE = "about.json"
KEPT = ("pool", "logits")  # fields of Sample
MANY = 4096  # pictures; the features of more stay on disk as a memory map


def key(content: str, protocol: Mapping[str, Any], device: str = "cpu") -> Path:
    """Folder of the features of `content` under an extractor's protocol on a kind of device.

    Other devices and versions of torch give other last bits: numbers that compare, and not the same
    features.
    """
    kind = device.partition(":")[0]
    torch = environment.installed("torch")
    decisive = json.dumps([LAYOUT, content, dict(protocol), kind, torch], sort_keys=True)
    return cache.folder("features") / hashlib.sha256(decisive.encode()).hexdigest()[:32]


def cached(
    content: str, protocol: Mapping[str, Any], make: Callable[[], Sample], device: str = "cpu"
) -> Sample:
    """Features of `content` from the cache, or made and put there; never pictures.

    Of several processes that want the same, one looks and the others wait.
    """
    folder = key(content, protocol, device)
    with suppress(InputError):  # not there, or damaged
        return read(folder)
    with cache.turn(folder):
        with suppress(InputError):
            return read(folder)
        write(folder, [make()])
        return read(folder)


def write(
    folder: Path,
    parts: Iterable[Sample],
    about: Callable[[], Mapping[str, Any]] = dict,
) -> None:
    """Write features that come in parts, so that memory stays flat.

    `about` is asked when all parts have come. InputError when the cache cannot be written to.
    """
    try:
        with sealed_folder.building(folder, NOTE) as (draft, told):
            told["count"] = _append_all(draft, parts)
            told["about"] = dict(about())
    except files.WriteError as error:  # any other is of whoever makes the features
        raise cache.unwritable(folder.parent, error) from None


def _append_all(draft: Path, parts: Iterable[Sample]) -> int:
    count = 0
    with ExitStack() as stack:
        appends: dict[str, Callable[[np.ndarray], int]] = {}
        for part in parts:
            for name, array in part.known():
                if name in KEPT and name not in appends:
                    growing = files.growing_array(
                        draft / f"{name}.npy", array.dtype, array.shape[1:]
                    )
                    appends[name] = stack.enter_context(growing)
                if name in KEPT:
                    appends[name](array)
            count += len(part)
    return count


def read(folder: Path) -> Sample:
    """Features that are in the cache; InputError when they are not, or not whole."""
    told = _told(folder)
    sealed_folder.check(folder, told)
    found: dict[str, Any] = {
        name: _array(folder / f"{name}.npy") for name in KEPT if f"{name}.npy" in told["files"]
    }
    if not found or any(len(array) != told.get("count") for array in found.values()):
        raise cache.damaged(folder)
    return Sample(**found)


def read_about(folder: Path) -> dict[str, Any]:
    """What the maker of the features in `folder` told about them."""
    about = _told(folder).get("about")
    return about if isinstance(about, dict) else {}


def _told(folder: Path) -> dict[str, Any]:
    return files.read_sealed(folder / NOTE)


def _array(path: Path) -> np.ndarray:
    array = files.read_array(path)
    return array if len(array) > MANY else np.array(array)
