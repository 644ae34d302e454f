"""The bytes of one file, or of one entry of a zip, whatever it turns out to be.

A pipe must not block, a device must not fill the memory, and an archive must not unpack to more
than anybody has room for.
"""

import errno
import io
import os
import zipfile
import zlib
from pathlib import Path

from ganbench.errors import InputError
from ganbench.system import safe_read

MOST_BYTES = 256 * 2**20  # of one picture file; a zip entry may claim any size
MOST_RECORD = 64 * 2**20  # bytes of one TFRecord: parsed it takes a multiple of that
MOST_ENTRIES = 500_000  # of a zip; each takes half a kilobyte of memory
MOST_LIST = 128 * 2**20  # bytes of the list of them
MOST_TIMES = 100  # a zip may unpack to so many times its size, beyond FREE bytes
FREE = 2**30
SIGNATURE = b"PK\x01\x02"  # before each entry in the list
MACHINE = tuple(
    getattr(errno, name)
    for name in ("EIO", "ESTALE", "EMFILE", "ENFILE", "ENOMEM")
    if hasattr(errno, name)
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack without a bound


class UnreadableFile(Exception):
    """Why the bytes of one file cannot be had, in a few words."""


class TemporaryFailure(UnreadableFile):
    """The machine failed, not the file: another time its bytes may be had."""


class _TooMany(Exception):
    """A zip lists more than MOST_ENTRIES."""


def of_machine(error: BaseException) -> bool:
    """Did the machine fail (disk, network, memory, open files), not what was read?"""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in MACHINE)


def why_not(error: OSError | MemoryError) -> UnreadableFile:
    """What to say of a failure to read."""
    reason = getattr(error, "strerror", None) or (
        "not enough memory" if isinstance(error, MemoryError) else "error"
    )
    return (TemporaryFailure if of_machine(error) else UnreadableFile)(f"cannot be read ({reason})")


def opened(path: Path) -> io.BufferedReader:
    """A regular file, open to be read; UnreadableFile for a pipe, socket or device, OSError."""
    try:
        return safe_read.regular(path)
    except InputError:
        raise UnreadableFile("a pipe, socket, device or folder, not a file") from None


def read_file(path: Path) -> bytes:
    """Bytes of one file; UnreadableFile when they cannot be had or are absurdly many."""
    try:
        with opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            check_bytes(size)
            data = file.read(size + 1) or b""  # None: it would make us wait
    except (OSError, MemoryError) as error:
        raise why_not(error) from None
    if len(data) > size:
        raise UnreadableFile("grew while it was read")
    return data


def read_head(path: Path, count: int) -> bytes:
    """The first bytes of one file, fewer where it is shorter; UnreadableFile."""
    try:
        with opened(path) as file:
            return file.read(count) or b""
    except (OSError, MemoryError) as error:
        raise why_not(error) from None


def check_bytes(count: int) -> None:
    """UnreadableFile for more than any picture has."""
    if count > MOST_BYTES:
        raise UnreadableFile(f"{count / 2**20:,.0f} MiB, too large for one picture")


def open_zip(path: Path) -> zipfile.ZipFile:
    """A zip whose list of entries is sane; InputError, OSError."""
    try:
        file = _ListReader(opened(path).detach())
    except UnreadableFile as reason:
        raise InputError(f"{path} is {reason}") from None
    try:
        archive = zipfile.ZipFile(file)
        file.listed = True
    except _TooMany:
        raise InputError(f"{path} lists more than {MOST_ENTRIES:,} files", "unpack it") from None
    except OSError:
        raise
    except Exception:  # a damaged list can raise nearly anything
        raise InputError(f"{path} is not a readable zip (cut or damaged?)") from None
    for entry in archive.infolist():
        if "\\" in entry.filename:  # as some programs of Windows write what lies in folders
            entry.filename = entry.filename.replace("\\", "/")
            archive.NameToInfo[entry.filename] = entry
    claimed = sum(entry.file_size for entry in archive.infolist())
    if claimed > FREE + MOST_TIMES * path.stat().st_size:
        raise InputError(
            f"{path} would unpack to {claimed / 2**30:,.0f} GiB, "
            f"more than {MOST_TIMES} times its own size"
        )
    return archive


class _ListReader(io.BufferedReader):
    """A file that refuses to give more of a zip's list of entries than fits into memory."""

    listed = False  # the list was read

    def read(self, size: int | None = -1) -> bytes:
        if self.listed:
            return super().read(size)
        if size is not None and size > MOST_LIST:
            raise _TooMany
        data = super().read(size)
        if data.count(SIGNATURE) > MOST_ENTRIES:
            raise _TooMany
        return data


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Bytes of one entry; UnreadableFile when it is damaged, locked or absurdly large."""
    size = archive.getinfo(name).file_size
    check_bytes(size)
    data = read_entry_head(archive, name, size + 1)  # without a bound it would unpack all there is
    if len(data) != size:
        raise UnreadableFile("damaged inside the zip")
    return data


def read_entry_head(archive: zipfile.ZipFile, name: str, count: int) -> bytes:
    """The first bytes of one entry, fewer where it is shorter; UnreadableFile."""
    entry = archive.getinfo(name)
    if entry.compress_type not in METHODS:
        raise UnreadableFile("packed in another way than deflated or stored")
    try:
        with archive.open(entry) as stream:
            return stream.read(count)
    except MemoryError as error:
        raise why_not(error) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
    ) as error:
        if isinstance(error, OSError) and of_machine(error):
            raise why_not(error) from None
        raise UnreadableFile("damaged inside the zip") from None
    except RuntimeError:  # what zipfile raises for an encrypted entry
        raise UnreadableFile("locked with a password") from None
