"""A folder with a note, a sealed JSON that names every other file in it with its sha256.

It is built beside its place and moved in whole; what the note does not vouch for is not believed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.system import files

Digest = Callable[[Path], str]
Move = Callable[[Path, Path], None]


@contextmanager
def building(
    folder: Path, note: str, move: Move | None = None, sized: bool = False
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a fresh folder to be filled, and what its note is to tell besides the files.

    `sized`: the note knows the files' sizes too. Failing to write is a `files.WriteError`.
    """
    told: dict[str, Any] = {}
    with files.building(folder, move) as draft:
        with files.writing(folder):
            draft.mkdir()
        yield draft, told
        with files.writing(folder):
            kept = sorted(path for path in draft.rglob("*") if path.is_file())
            told["files"] = {
                path.relative_to(draft).as_posix(): _seal(path, sized) for path in kept
            }
        files.write_sealed(draft / note, told)


def _seal(path: Path, sized: bool) -> str | dict[str, Any]:
    digest = files.sha256(path)
    return {"bytes": path.stat().st_size, "sha256": digest} if sized else digest


def check(folder: Path, told: dict[str, Any], digest: Digest | None = None) -> None:
    """InputError unless every file that the note `told` of is what it was."""
    digest = digest or files.sha256
    try:
        for name, seal in told["files"].items():
            if not _is(files.inside(folder, name), seal, digest):
                raise InputError(f"{folder}: {name} is damaged")
    except (OSError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder} is damaged: {error}") from None


def _is(path: Path, seal: Any, digest: Digest) -> bool:
    if isinstance(seal, dict):  # the size first: it costs nothing, and a sparse file has any
        return path.stat().st_size == seal["bytes"] and digest(path) == seal["sha256"]
    return digest(path) == seal
