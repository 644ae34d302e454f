"""The one module that writes: everything is written beside its place and then moved in."""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.errors import InputError


@contextmanager
def building(path: Path) -> Iterator[Path]:
    """Yield a fresh name beside `path` for a file or folder; move it there when all went well.

    An older file or folder at `path` is replaced. On an exception nothing at `path` changes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield draft
        _move(draft, path)
    finally:
        remove(draft)


def _move(draft: Path, path: Path) -> None:
    if draft.is_dir() and path.is_dir():  # a folder cannot replace a folder in one call
        old = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.old")
        os.replace(path, old)
        os.replace(draft, path)
        remove(old)
    else:
        os.replace(draft, path)


def write_bytes(path: Path, data: bytes) -> None:
    with building(path) as draft, open(draft, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write strict JSON: a NaN is our mistake, a missing value is null."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_array(path: Path, array: np.ndarray) -> None:
    """Write `array` as .npy without pickle."""
    with building(path) as draft, open(draft, "wb") as file:
        np.save(file, array, allow_pickle=False)


def write_pictures(path: Path, shape: tuple[int, ...], parts: Iterable[np.ndarray]) -> None:
    """Write uint8 pictures, `shape` N H W 3 in all, that come in parts: memory stays flat."""
    with building(path) as draft:
        whole = np.lib.format.open_memmap(draft, "w+", np.uint8, shape)
        place = 0
        for part in parts:
            whole[place : place + len(part)] = part
            place += len(part)
        whole.flush()
        del whole


@contextmanager
def growing_array(
    path: Path, dtype: np.dtype, row: tuple[int, ...]
) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a .npy whose length is not known before its end: yields what appends rows to it."""
    count = 0
    with building(path) as draft, open(draft, "wb") as file:

        def write_header() -> None:
            about = {"descr": dtype.str, "fortran_order": False, "shape": (count, *row)}
            np.lib.format.write_array_header_1_0(file, about)

        def append(rows: np.ndarray) -> None:
            nonlocal count
            file.write(np.ascontiguousarray(rows, dtype).data)
            count += len(rows)

        write_header()
        start = file.tell()
        yield append
        file.seek(0)
        write_header()  # numpy leaves room in it for the count to grow in place
        assert file.tell() == start


def append_text(path: Path, text: str) -> None:
    """Add whole lines to a log; a log is the only kind of file that grows in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def remove(path: Path) -> None:
    """Remove a file or folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:
    """Read a JSON file; one sentence when it is missing, cut or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is not there") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not readable JSON ({error})") from None


def read_array(path: Path) -> np.ndarray:
    """Map a .npy file into memory, read-only, never unpickling."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not a readable .npy array ({error})") from None


def existing_parent(path: Path) -> Path:
    """The nearest folder above `path`, or itself, that is there."""
    return next(p for p in (path, *path.resolve().parents) if p.exists())


def check_writable(folder: Path) -> None:
    """InputError when `folder` could not be made or filled; writes nothing."""
    parent = existing_parent(folder)
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise InputError(
            f"cannot write to {folder}: {parent} is no folder that can be written to",
            "choose another folder with --results FOLDER",
        )


def ensure_writable(folder: Path) -> None:
    """Make `folder` and prove that a file can be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test-{uuid.uuid4().hex[:8]}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"cannot write to {folder} ({error.strerror or error})",
            "choose another folder with --results FOLDER",
        ) from None


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """Write uint8 H W 3 as a PNG."""
    from PIL import Image

    with building(path) as draft, open(draft, "wb") as file:
        Image.fromarray(pixels).save(file, "PNG")
