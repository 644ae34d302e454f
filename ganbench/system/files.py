"""The one module that writes: everything is written beside its place, then moved in whole.

A write that fails is a `WriteError`, one sentence with the system's reason.
"""

import errno
import io
import json
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.errors import InputError
from ganbench.system.atomic import (
    WriteError,
    building,
    discard,
    make_folder,
    remove,
    settle,
    sweep,
    sweep_all,
    sync,
    writing,
)
from ganbench.system.safe_read import (
    FLAGS,
    SEAL,
    ZEROS,
    inside,
    parse_json,
    read_array,
    read_bytes,
    read_json,
    read_sealed,
    regular,
    sha256,
)
from ganbench.system.safe_read import seal as _seal

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "WriteError",
    "building",
    "discard",
    "inside",
    "parse_json",
    "read_array",
    "read_bytes",
    "read_json",
    "read_sealed",
    "regular",
    "remove",
    "settle",
    "sha256",
    "sweep",
    "sweep_all",
    "sync",
    "writing",
]


def write_bytes(path: Path, data: bytes) -> None:
    with building(path) as draft, writing(path), open(draft, "wb") as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write strict JSON: a NaN is our mistake, a missing value is null."""
    write_bytes(path, _json(value))


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Write strict JSON that says of itself what its bytes were: see `read_sealed`."""
    assert "sha256" not in value
    data = _json({"sha256": ZEROS.decode(), **value})
    start = len(SEAL)
    assert data.startswith(SEAL)
    write_bytes(path, data[:start] + _seal(data) + data[start + 64 :])


def _json(value: Any) -> bytes:
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode()


def write_array(path: Path, array: "np.ndarray") -> None:
    """Write `array` as .npy without pickle."""
    with growing_array(path, array.dtype, array.shape[1:]) as append:
        append(array)


def write_pictures(path: Path, shape: tuple[int, ...], parts: Iterable["np.ndarray"]) -> None:
    """Write uint8 pictures, `shape` N H W 3 in all, that come in parts: memory stays flat.

    Not through a memory map: of a full disk that one says nothing, it kills the process.
    """
    import numpy as np

    with growing_array(path, np.dtype(np.uint8), shape[1:]) as append:
        count = sum(append(part) for part in parts)
        assert count == shape[0]


@contextmanager
def growing_array(
    path: Path, dtype: "np.dtype", row: tuple[int, ...]
) -> Iterator[Callable[["np.ndarray"], int]]:
    """Write a .npy whose length is not known before its end.

    Yields what appends rows to it and returns how many they were.
    """
    import numpy as np

    count = 0

    def header() -> bytes:  # numpy leaves room in it for the count to grow in place
        content = io.BytesIO()
        about = {"descr": dtype.str, "fortran_order": False, "shape": (count, *row)}
        np.lib.format.write_array_header_1_0(content, about)
        return content.getvalue()

    def append(rows: "np.ndarray") -> int:
        nonlocal count
        with writing(path):
            _write_all(file, np.ascontiguousarray(rows, dtype).reshape(-1).view(np.uint8).data)
        count += len(rows)
        return len(rows)

    with building(path) as draft:
        with writing(path):
            file = io.FileIO(draft, "w")
        with _closing(file, path):
            start = len(header())
            with writing(path):
                _write_all(file, header())
            yield append
            assert len(header()) == start
            with writing(path):
                file.seek(0)
                _write_all(file, header())


@contextmanager
def growing(part: Path, kept: int) -> Iterator[Callable[[bytes], None]]:
    """Cut an unfinished file to its first `kept` bytes; yields what appends to it.

    It stays as far as it came, for another attempt to go on with.
    """
    with writing(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        file = _appending(part)

    def append(data: bytes) -> None:
        with writing(part):
            _write_all(file, data)

    with _closing(file, part):
        with writing(part):
            file.truncate(kept)
        yield append


@contextmanager
def _closing(file: io.FileIO, path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            file.close()
        raise
    with writing(path):
        file.close()


def _appending(path: Path) -> io.FileIO:
    """Open a file to add to it; OSError for a link, which may be a stranger's, or another kind."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, not a regular file")
    file = io.FileIO(path, "a+", opener=_not_followed)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a regular file")
    return file


def _not_followed(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | FLAGS, 0o666)


def _write_all(file: io.FileIO, data: bytes | memoryview) -> None:
    """Write past every buffer, so that closing the file has nothing left that could fail."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def append_text(path: Path, text: str) -> None:
    """Add whole lines to a log, or none; a log is the only kind of file that grows in place."""
    with writing(path):
        make_folder(path.parent)
        with _appending(path) as file:
            before = file.seek(0, os.SEEK_END)
            file.seek(max(0, before - 1))
            torn = file.read(1) not in (b"\n", b"")
            try:
                _write_all(file, (torn * "\n" + text).encode())
            except OSError:
                with suppress(OSError):
                    file.truncate(before)
                raise


def copy(path: Path, to: Path) -> None:
    """Copy a regular file's content, past memory."""
    with building(to) as draft, writing(to), regular(path) as source, open(draft, "wb") as file:
        shutil.copyfileobj(source, file)


def existing_parent(path: Path) -> Path:
    """The nearest folder above `path`, or itself, that is there."""
    return next(p for p in (path, *path.resolve().parents) if p.exists())


def check_writable(folder: Path, choice: str = "--results FOLDER") -> None:
    """InputError when `folder` could not be made or filled; writes nothing.

    choice: what to type for another one.
    """
    parent = existing_parent(folder)
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise InputError(
            f"cannot write to {folder}: {parent} is no folder that can be written to",
            f"choose another folder with {choice}",
        )


def ensure_writable(folder: Path) -> None:
    """Make `folder` and prove that a file can be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test.{uuid.uuid4().hex[:8]}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"cannot write to {folder} ({error.strerror or error})",
            "choose another folder with --results FOLDER",
        ) from None


def write_picture(path: Path, pixels: "np.ndarray") -> None:
    """Write uint8 H W 3 as a PNG."""
    write_bytes(path, png(pixels))


def png(pixels: "np.ndarray") -> bytes:
    """uint8 H W 3 as a PNG: written to a file, Pillow forgets why the disk did not take it."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()
