"""Reading what may be torn or a stranger's: a value, or one sentence; nothing blocks or runs."""

import errno
import hashlib
import io
import json
import math
import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, NoReturn

from ganbench.errors import InputError

if TYPE_CHECKING:
    import numpy as np

LARGEST = 64 * 2**20  # bytes of a JSON file
CHUNK = 2**20  # bytes hashed at a time
DEEPEST = 64  # lists and objects within each other
LONGEST = 20  # digits of a whole number, which hold a nanosecond clock and every size
SEAL = b'{\n "sha256": "'  # how a sealed file begins; 64 digits follow
ZEROS = b"0" * 64
FLAGS = getattr(os, "O_NONBLOCK", 0)  # a FIFO that comes in our way must not hold us


def regular(path: Path) -> io.BufferedReader:
    """Open a file to read; OSError when there is none, InputError when it is of another kind.

    Nothing else is opened: a FIFO would make us wait, and a device may do anything.
    """
    _check_regular(path, path.stat())
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | FLAGS))  # noqa: SIM115
    try:
        _check_regular(path, os.fstat(file.fileno()))  # it may have been exchanged in between
    except InputError:
        file.close()
        raise
    return file


def _check_regular(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path} is not a regular file")


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file's bytes."""
    digest = hashlib.sha256()
    with regular(path) as file:
        while some := file.read(CHUNK):  # None: a file that would make us wait for it
            digest.update(some)
    return digest.hexdigest()


def read_bytes(path: Path) -> bytes:
    """A file of at most 64 MiB; one sentence when it is missing, larger or no file."""
    try:
        with regular(path) as file:
            data = file.read(LARGEST + 1) or b""
    except FileNotFoundError:
        raise InputError(f"{path} is not there") from None
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise error if isinstance(error, InputError) else _unreadable(path, error) from None
    if len(data) > LARGEST:
        raise InputError(f"{path} is larger than {LARGEST // 2**20} MiB")
    return data


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} cannot be read ({getattr(error, 'strerror', '') or error})")


def read_json(path: Path) -> Any:
    """Read a JSON file; one sentence when it is missing, cut, beyond all bounds or not JSON."""
    return parse_json(path, read_bytes(path))


def read_sealed(path: Path, old: bool = False) -> dict[str, Any]:
    """Read what `files.write_sealed` wrote, less the seal; InputError when any byte has changed.

    With `old`, what was written before there were seals is read too: it says format 1, or none.
    """
    data = read_bytes(path)
    start = len(SEAL)
    stated = data[start : start + 64]
    if data.startswith(SEAL) and stated == seal(data[:start] + ZEROS + data[start + 64 :]):
        value = parse_json(path, data)
        value.pop("sha256")
        return value
    if old:
        value = parse_json(path, data)
        if isinstance(value, dict) and "sha256" not in value and value.get("format", 1) == 1:
            return value
    raise InputError(f"{path} is damaged: its content is not what was written")


def seal(data: bytes) -> bytes:
    """The 64 digits of a file's bytes, in which they themselves are zeros."""
    return hashlib.sha256(data).hexdigest().encode()


def parse_json(path: Path, data: bytes) -> Any:
    """JSON that was read from `path`; InputError when it is beyond all bounds or not JSON."""
    try:
        text = data.decode("utf-8")
        value = _STRICT.decode(text)
        _check_bounds(value)
        if "\\u" in text:  # half a surrogate pair can be written so, and never printed
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # JSONDecodeError and UnicodeError are the former
        why = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise InputError(f"{path} is not readable JSON ({why})") from None
    return value


def _check_bounds(value: Any) -> None:
    level: list[Any] = [[value]]
    for _ in range(DEEPEST):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise RecursionError


def _whole(digits: str) -> int:
    if len(digits) > LONGEST:
        raise ValueError(f"{digits[:8]}... is too large a number")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:8]}... is too large a number")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_STRICT = json.JSONDecoder(parse_int=_whole, parse_float=_finite, parse_constant=_no_number)


def read_array(path: Path) -> "np.ndarray":
    """Map a .npy file into memory, read-only, never unpickling."""
    import numpy as np  # takes longer than all else here

    try:
        regular(path).close()
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except InputError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from None
    except Exception as error:  # numpy evaluates a header in many ways
        why = str(error).partition("\n")[0]
        raise InputError(f"{path} is not a readable .npy array ({why})") from None
    if not isinstance(array, np.ndarray):  # of a zip, numpy makes something else
        raise InputError(f"{path} is not a readable .npy array")
    return array


def inside(folder: Path, name: object) -> Path:
    """The path of `name` in `folder`; InputError when it would leave it, by a link or otherwise.

    A name comes from a record, which may be a stranger's, of any system.
    """
    try:
        if isinstance(name, str) and _plain(name):
            path = folder / name
            _follow(path)
            if path.resolve().is_relative_to(folder.resolve()):
                return path
    except (OSError, ValueError, RuntimeError):  # a zero byte, a loop of links
        pass
    raise InputError(f"{str(name)[:80]!r} is no name of a file inside {folder}")


def _follow(path: Path) -> None:
    """OSError in a loop of links, of which `resolve` says nothing from Python 3.13 on."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise


def _plain(name: str) -> bool:
    kinds = PurePosixPath(name), PureWindowsPath(name)
    parts = kinds[0].parts
    fits = 0 < len(parts) < 32 and all(len(part.encode()) < 256 for part in parts)
    return fits and not any(kind.anchor or ".." in kind.parts for kind in kinds)
