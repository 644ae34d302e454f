"""A .npy or .npz file as one side of a comparison: uint8 N H W 3, checked, read in parts."""

import hashlib
import lzma
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from ganbench.data.sources.bounded_read import METHODS
from ganbench.errors import InputError
from ganbench.scoring import array_hints
from ganbench.system.text import shown, some_of
from metrics.registry import Metric

ARRAYS = (".npy", ".npz")
PREFERRED = ("images.npy", "arr_0.npy")  # members of a .npz; else the only one of pictures
LOOKED_INTO = 20  # members, for that
MEMBER_HINT = "name one side: np.savez(FILE, images=pictures)"
SAVE = "np.savez(FILE, mu=features.mean(0), sigma=np.cov(features, rowvar=False))"
PICKLED = "holds pickled Python objects, which are never read"
SCAN_BYTES = 16 * 2**20  # looked through at a time
LOOKED = 2**28  # bytes of numbers that are not uint8, to see what range they have
BEFORE = "before they are cast to uint8: "
UNREADABLE = (  # what a damaged file raises from within the readers of zip and of its methods
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, RuntimeError, MemoryError, OverflowError),
)


@dataclass(frozen=True)
class Header:
    """What a .npy says of its array."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype


@dataclass
class ArraySide:
    """The pictures of one array file."""

    path: str
    file: Path
    member: str  # of a .npz, "" for a .npy
    shape: tuple[int, ...]
    array: np.ndarray | None  # memory map of a .npy
    pieces: tuple[bytes, ...] = ()  # hash of each picture's pixels
    notes: tuple[str, ...] = ()
    broken: dict[int, str] = field(default_factory=dict)

    @property
    def content(self) -> str:
        digest = hashlib.sha256(repr(("array", self.shape)).encode())
        for piece in self.pieces:
            digest.update(piece)
        return digest.hexdigest()

    def name(self, place: int) -> str:
        """What a picture is called in a sentence."""
        return f"picture {place}"

    @property
    def at_most(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> tuple[int, int]:
        return self.shape[1], self.shape[2]

    @property
    def largest(self) -> tuple[int, int]:
        """The size of all."""
        return self.size

    def why_not(self, metric: Metric) -> str:
        """Every metric can be asked of pictures of one size."""
        return ""

    def skipped(self) -> dict[str, str]:
        """No picture of an array can be broken."""
        return {}

    def begin(self) -> None:
        """There is nothing to decode."""

    def parts(self, count: int) -> Iterator[np.ndarray]:
        """uint8 N H W 3, `count` pictures at a time."""
        if self.array is None:
            yield from self._unpacked(count)
            return
        for start in range(0, self.at_most, count):
            yield self.array[start : start + count]

    def _unpacked(self, count: int) -> Iterator[np.ndarray]:
        """Pictures of a .npz, whose array is never whole in memory."""
        row = math.prod(self.shape[1:])
        with opened_member(self.path, self.file, self.member) as stream:
            read_header(stream)
            for start in range(0, self.at_most, count):
                rows = min(count, self.at_most - start)
                data = stream.read(rows * row)
                if len(data) < rows * row:
                    raise InputError(f"{self.path} is cut: {self.member} ends too early")
                yield np.frombuffer(data, np.uint8).reshape(rows, *self.shape[1:])


def open_array(path: str, file: Path, floats_cast: bool = True) -> ArraySide:
    """Open a .npy or .npz; InputError when it does not hold uint8 N H W 3 pictures.

    floats_cast: refuse numbers of 0 and 1 alone, which are 0-1 floats that were cast to uint8.
    """
    packed = file.suffix.lower() == ".npz"
    member = _choose(path, file) if packed else ""
    with opened_member(path, file, member) as stream:
        header = _header(path, stream)
        _check(path, header, stream)
    array = None if packed else _mapped(path, file)
    side = ArraySide(path, file, member, header.shape, array)
    side.pieces, few = _scanned(side)
    if floats_cast and few is not None:
        _refuse_cast(path, few)
    return side


def _scanned(side: ArraySide) -> tuple[tuple[bytes, ...], set[int] | None]:
    """The hash of each picture, and which numbers there are if there is none but 0, 1 and 255."""
    pieces: list[bytes] = []
    few: set[int] | None = set()
    for part in side.parts(max(1, SCAN_BYTES // math.prod(side.shape[1:]))):
        pieces += [hashlib.sha256(picture.data).digest()[:16] for picture in part]
        if few is not None:
            only = bool((part + np.uint8(1) < 3).all())  # 255 + 1 is 0
            few = few | {n for n in (0, 1, 255) if (part == n).any()} if only else None
    return tuple(pieces), few


def _refuse_cast(path: str, few: set[int]) -> None:
    """InputError where all that is left of floats is their whole part."""
    if max(few) <= 1:
        raise InputError(
            f"{path} holds nothing above {max(few)}; pictures are from 0 to 255",
            f"{BEFORE}np.rint(255 * pictures).astype(np.uint8) for values from 0 to 1",
        )
    if 1 in few:  # -1 became 255
        raise InputError(
            f"{path} holds nothing but 0, 1 and 255, as numbers from -1 to 1 that were cast",
            f"{BEFORE}np.rint(127.5 * pictures + 127.5).astype(np.uint8)",
        )


def _choose(path: str, file: Path) -> str:
    names = members(path, file)
    if not names:
        raise InputError(f"{path} holds no array", MEMBER_HINT)
    if there := [name for name in PREFERRED if name in names]:
        return there[0]
    pictures = [name for name in names[:LOOKED_INTO] if len(_shape(path, file, name)) > 2]
    if len(pictures) > 1:
        some = some_of([name.removesuffix(".npy") for name in pictures])
        raise InputError(f"{path} holds several arrays of pictures ({shown(some)})", MEMBER_HINT)
    return (pictures or names)[0]


def _shape(path: str, file: Path, member: str) -> tuple[int, ...]:
    """The shape that a member says it has; () for none that is readable."""
    try:
        with opened_member(path, file, member) as stream:
            return read_header(stream).shape
    except Exception:  # a header is a piece of Python text, and can be wrong in as many ways
        return ()


def members(path: str, file: Path) -> list[str]:
    """Names of the arrays of a .npz; InputError for a damaged one."""
    try:
        with zipfile.ZipFile(file) as archive:
            return [name for name in archive.namelist() if name.endswith(".npy")]
    except Exception:  # a damaged list of members can raise nearly anything
        raise InputError(f"{path} is not a readable .npz (cut or damaged?)") from None


@contextmanager
def opened_member(path: str, file: Path, member: str) -> Iterator[IO[bytes]]:
    """The bytes of a .npy, in a file of its own or inside a .npz."""
    try:
        if not member:
            with open(file, "rb") as stream:
                yield stream
            return
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo(member).compress_type not in METHODS:
                raise NotImplementedError("its array is packed in a way that is not read")
            with archive.open(member) as packed:
                yield packed
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or error or type(error).__name__
        raise InputError(f"{path} cannot be read ({reason})") from None


def _header(path: str, stream: IO[bytes]) -> Header:
    start = stream.read(2)
    stream.seek(0)
    if start[:1] == b"\x80":  # the first byte of every pickle
        raise InputError(f"{path} {PICKLED}", "save it with np.save(FILE, pictures)")
    try:
        header = read_header(stream)
    except Exception:  # a header is a piece of Python text, and can be wrong in as many ways
        raise _unreadable(path) from None
    if not all(type(length) is int and length >= 0 for length in header.shape):
        raise _unreadable(path)
    if header.dtype.hasobject:
        raise InputError(f"{path} {PICKLED}", "save a uint8 N H W 3 array")
    return header


def read_header(stream: IO[bytes]) -> Header:
    """The header of a .npy; a wrong one raises nearly anything. The stream stands behind it."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return Header(*np.lib.format.read_array_header_1_0(stream))
    return Header(*np.lib.format.read_array_header_2_0(stream))


def _check(path: str, header: Header, stream: IO[bytes]) -> None:
    """InputError with what to type, unless it is uint8 N H W 3."""
    shape = header.shape
    if 0 in shape:
        raise InputError(f"{path} holds no pictures (shape {shape})")
    if header.dtype != np.uint8:
        raise _no_bytes(path, header, stream)
    hint = array_hints.hint(header.dtype, shape, header.fortran, None)
    if array_hints.is_first(shape):
        raise InputError(
            f"{path} has its channels first (shape {shape}); pictures are N H W 3", hint
        )
    if len(shape) != 4 or shape[3] != 3:
        raise InputError(f"{path} has the shape {shape}; RGB pictures are N H W 3", hint)
    if header.fortran:
        raise InputError(f"{path} is stored in Fortran order", f"np.save(FILE, {hint})")


def _no_bytes(path: str, header: Header, stream: IO[bytes]) -> InputError:
    """What to say of numbers that are not uint8."""
    shape = header.shape
    if header.dtype.kind == "f" and (len(shape) < 2 or (len(shape) == 2 and shape[1] % 3)):
        words = f"{path} has the shape {shape}: features or their statistics, not pictures"
        return InputError(words, f"statistics are taken as {SAVE}")
    told, seen = "", None
    if header.dtype.kind in "fiu":
        seen = array_hints.extremes(_numbers(header, stream))
    if seen is not None:
        told = f" {seen}"
        if header.dtype.itemsize * math.prod(header.shape) > LOOKED:
            told += f" in its first {LOOKED // 2**20} MiB"
    if array_hints.for_numbers(header.dtype, seen) is None:
        told += ", which is no known range"
    return InputError(
        f"{path} holds {header.dtype} numbers{told}; pictures are uint8 from 0 to 255",
        array_hints.hint(header.dtype, header.shape, header.fortran, seen),
    )


def _numbers(header: Header, stream: IO[bytes]) -> Iterator[np.ndarray]:
    """The first LOOKED bytes of an array as numbers, in parts."""
    for _ in range(LOOKED // SCAN_BYTES):
        data = stream.read(SCAN_BYTES - SCAN_BYTES % header.dtype.itemsize)
        whole = len(data) - len(data) % header.dtype.itemsize
        if not whole:
            return
        yield np.frombuffer(data[:whole], header.dtype)


def _mapped(path: str, file: Path) -> np.ndarray:
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except Exception:  # more pictures than the file, or any address, can hold
        raise _unreadable(path) from None


def _unreadable(path: str) -> InputError:
    return InputError(f"{path} is not a readable .npy array (cut or damaged?)")
