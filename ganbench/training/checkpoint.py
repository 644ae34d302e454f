"""A run's state on disk: only what checkpoint.json names with size and sha256 is believed.

At every moment, a crash included, one of the two folders is whole: the new one is complete on the
disk before the current becomes the previous, and the previous goes only where there is a current.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.record import FORMAT
from ganbench.system import files, sealed_folder
from ganbench.system.text import shown

NAMES = ("checkpoint", "checkpoint-previous")
NOTE = "checkpoint.json"
OS_ERROR = re.compile(r"\(os error (\d+)\)")  # how what is written in Rust tells of the disk


def save(folder: Path, write: Callable[[Path], None], state: dict[str, Any]) -> None:
    """Let `write` fill a fresh folder, seal it with `state`, and keep the checkpoint before it."""
    place = folder / NAMES[0]
    with sealed_folder.building(place, NOTE, _rotate, sized=True) as (draft, told):
        with files.writing(place):
            _fill(draft, write)
        told |= {"format": FORMAT, "state": state}


def _fill(draft: Path, write: Callable[[Path], None]) -> None:
    try:
        write(draft)
    except OSError:
        raise
    except Exception as error:
        if found := OS_ERROR.search(str(error)):
            number = int(found[1])
            raise OSError(number, os.strerror(number)) from error
        raise


def _rotate(draft: Path, current: Path) -> None:
    if current.exists():
        previous = current.with_name(NAMES[1])
        files.remove(previous)
        os.replace(current, previous)
    os.replace(draft, current)


def copy(place: Path, folder: Path, state: dict[str, Any]) -> None:
    """Save what the checkpoint at `place` holds as one of `folder`, with another state.

    InputError when it is damaged.
    """
    told = files.read_sealed(place / NOTE, old=True)

    def write(draft: Path) -> None:
        for name in told["files"]:
            files.copy(files.inside(place, name), files.inside(draft, name))
        sealed_folder.check(draft, told)

    save(folder, write, state)


def take(draft: Path, folder: Path, key: str) -> None:
    """Put a checkpoint from elsewhere in its place in `folder`, and keep the one before it.

    InputError when it is damaged or of another run than `key`.
    """
    if _open(draft).get("key") != key:
        raise InputError("the checkpoint that came is of another run")
    files.settle(draft, folder / NAMES[0], _rotate)


def exists(folder: Path) -> bool:
    """Has there ever been one, sound or not?"""
    return any((folder / name).exists() for name in NAMES)


def find(folder: Path) -> tuple[Path, dict[str, Any], list[str]] | None:
    """Find the newest sound checkpoint: its folder, its state, and what was wrong with newer ones.

    None when there never was one; InputError when there is one and all are damaged.
    """
    problems: list[str] = []
    for path in (folder / name for name in NAMES):
        if not path.exists():
            continue
        try:
            return path, _open(path), problems
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("; ".join(problems), f"remove {folder} to start this run over")
    return None


def discard_damaged(folder: Path) -> None:
    """Remove the current checkpoint if it is damaged and the previous one is used in its place.

    The next `save` would put it where the only sound one is.
    """
    try:
        _open(folder / NAMES[0])  # once more: what failed may have been the reading
    except InputError:
        files.remove(folder / NAMES[0])


def remove_previous(folder: Path) -> None:
    """A finished run needs only its last state; what cannot be removed costs only room."""
    with suppress(OSError):
        files.remove(folder / NAMES[1])


def _open(path: Path) -> dict[str, Any]:
    told = files.read_sealed(path / NOTE, old=True)
    if told.get("format", 1) not in (1, FORMAT):
        said = shown(str(told["format"])[:20])
        raise InputError(f"checkpoint {path} has format {said}; this ganbench reads {FORMAT}")
    try:
        sealed_folder.check(path, told)
        return dict(told["state"])
    except InputError as error:
        raise InputError(f"checkpoint {error}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"checkpoint {path} is damaged: {error}") from None
