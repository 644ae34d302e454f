"""A run's state on disk: only what checkpoint.json names with size and sha256 is believed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganbench import files
from ganbench.errors import InputError

NAMES = ("checkpoint", "checkpoint-previous")


def save(folder: Path, write: Callable[[Path], None], state: dict[str, Any]) -> None:
    """Let `write` fill a fresh folder, seal it with `state`, and keep the checkpoint before it."""
    current, previous = (folder / name for name in NAMES)
    draft = folder / ".checkpoint-new"
    files.remove(draft)
    draft.mkdir(parents=True)
    write(draft)
    kept = sorted(path for path in draft.rglob("*") if path.is_file())
    contents = {path.relative_to(draft).as_posix(): _seal(path) for path in kept}
    files.write_json(draft / "checkpoint.json", {"files": contents, "state": state})
    files.remove(previous)
    if current.exists():
        os.replace(current, previous)
    os.replace(draft, current)


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
        raise InputError("; ".join(problems), "--force starts this run over")
    return None


def remove_previous(folder: Path) -> None:
    """A finished run needs only its last state."""
    files.remove(folder / NAMES[1])


def _open(path: Path) -> dict[str, Any]:
    sealed = files.read_json(path / "checkpoint.json")
    try:
        for name, seal in sealed["files"].items():
            if _seal(path / name) != seal:
                raise InputError(f"checkpoint {path}: {name} is damaged")
        return dict(sealed["state"])
    except (OSError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"checkpoint {path} is damaged: {error}") from None


def _seal(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": files.sha256(path)}
