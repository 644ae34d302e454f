"""A folder on an object storage, by its address: s3://bucket/path, or whatever fsspec reaches.

Each backend fails in ways of its own; all become one sentence. Backends try again by themselves,
with pauses. What the storage names is a stranger's: names that could leave a folder are left out.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from ganbench.errors import InputError, first_line
from ganbench.system import files
from ganbench.system.text import printable, shown

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://.*", re.DOTALL)
LOST = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[\\/](?![\\/])")
PASSWORD = re.compile(r"//[^/@]*:[^/@]*@")
MOST = 1_000_000  # objects below one address
CHUNK = 2**22  # bytes read at a time
NO_KEYS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError")
PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"}
EXAMPLE = "--results s3://bucket/path"
KEYS = "for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"


class StorageError(InputError):
    """The storage did not do what was asked of it."""


@dataclass(frozen=True)
class Stored:
    """What the storage says of an object."""

    bytes: int
    mark: str  # another one when the object is written again
    when: float = 0.0  # it was written, in seconds since 1970; 0: the storage does not say


def is_address(text: str) -> bool:
    """Is this an address of a storage, and no path?"""
    return ADDRESS.fullmatch(text) is not None


def lost(path: Path | str) -> str:
    """The address that a path was, before it lost a slash; empty for what is a path."""
    found = LOST.match(str(path))
    return f"{found[1]}://{str(path)[found.end() :]}" if found else ""


class Store:
    """The objects below an address, by their names there."""

    def __init__(self, address: str):
        """StorageError when nothing reaches such an address; asks no server yet."""
        self._system, self._root = _opened(address)
        self.address = address.rstrip("/")

    def find(self, below: str = "") -> dict[str, Stored]:
        """Every object, or those in one folder, by its whole name."""
        with self._asking("read"):
            self._system.invalidate_cache()
            found = self._system.find(self._path(below) if below else self._root, detail=True)
        if len(found) > MOST:
            raise StorageError(f"{self.address} holds more than {MOST:,} objects", EXAMPLE)
        start = f"{self._root}/"
        names = {path[len(start) :]: about for path, about in found.items()
                 if path.startswith(start) and _is_plain(path[len(start) :])}  # fmt: skip
        return {name: _stored(about) for name, about in names.items()}

    def get(self, name: str, stored: Stored, to: Path) -> None:
        """Bring an object to a file; StorageError when it has not as many bytes as was said."""
        done = 0
        with (
            self._asking("read"),
            files.growing(to, 0) as append,
            self._system.open(self._path(name), "rb") as source,
        ):
            while done <= stored.bytes and (some := source.read(CHUNK)):
                append(some)
                done += len(some)
        if done != stored.bytes:
            raise StorageError(
                f"{self.address}/{shown(name)} has other than the {stored.bytes:,} bytes it had",
                "start again",
            )

    def put(self, path: Path, name: str) -> Stored:
        """Bring a file to the storage, where it is whole or not at all."""
        with self._asking("write"):
            self._system.put_file(str(path), self._path(name))
            return _stored(self._system.info(self._path(name)))

    def remove(self, name: str) -> None:
        """Remove an object that is there."""
        with self._asking("write"):
            self._system.rm_file(self._path(name))

    def check_writable(self) -> None:
        """StorageError unless an object can be put there."""
        name = self._path(f".write-test-{uuid.uuid4().hex[:8]}")
        with self._asking("write"):
            self._system.pipe_file(name, b"ganbench")
        with suppress(Exception):  # a key that may not remove leaves it
            self._system.rm_file(name)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # every backend has kinds of its own
            raise _refusal(self.address, what, error) from None


def _opened(address: str) -> tuple[Any, str]:
    """The backend, and the address as it says it, without a slash at the end."""
    protocol, _, rest = address.partition("://")
    if PASSWORD.search(address):
        raise StorageError("an address with a password in it would be kept with results", KEYS)
    if not rest.strip("/") or "::" in address or not address.isprintable():
        raise StorageError(f'"{shown(address)}" is no address of a folder', EXAMPLE)
    try:
        from fsspec.core import url_to_fs

        folders = {"auto_mkdir": True} if protocol in ("file", "local") else {}
        system, root = url_to_fs(address, skip_instance_cache=True, **folders)
    except ImportError:
        package = PACKAGES.get(protocol)
        install = f"pip install {package}" if package else 'pip install "ganbench[cloud]"'
        raise StorageError(f"results on {protocol}:// need another package", install) from None
    except ValueError as error:
        if "Protocol not known" not in str(error):
            raise _refusal(address, "open", error) from None
        raise StorageError(f'"{protocol}://" is no storage that is known', EXAMPLE) from None
    except Exception as error:  # some ask their server at once
        raise _refusal(address, "open", error) from None
    return system, str(root).rstrip("/")


def _refusal(address: str, what: str, error: Exception) -> StorageError:
    """What to say of a failure, and what to do."""
    if type(error).__name__ in NO_KEYS:
        return StorageError(f"no credentials were found for {address}", KEYS)
    if type(error).__name__ == "FileExpired":  # of s3fs
        return StorageError(f"{address} was written to while it was read", "start again")
    reason = printable(first_line(error))
    if isinstance(error, FileNotFoundError):
        return StorageError(f"{address} is not there ({reason})", "make it, or name another")
    if isinstance(error, PermissionError):
        return StorageError(f"{address}: not allowed to {what} there ({reason})", KEYS)
    if isinstance(error, NotImplementedError):
        return StorageError(f"{address} cannot be written to", EXAMPLE)
    return StorageError(f"{address} does not answer ({reason})", "the same command goes on")


def _stored(about: dict[str, Any]) -> Stored:
    times = [about.get(key) for key in ("LastModified", "mtime", "created", "last_modified")]
    when = next(filter(None, times), 0.0)
    mark = str(about.get("ETag") or about.get("etag") or when)
    if isinstance(when, datetime):
        when = when.timestamp()
    return Stored(int(about.get("size") or 0), mark, when if isinstance(when, float) else 0.0)


def _is_plain(name: str) -> bool:
    """Could it name a file in a folder, and is it spelled as we would?"""
    plain = PurePosixPath(name)
    same = plain.as_posix() == name and printable(name) == name
    return same and "\\" not in name and not plain.is_absolute() and ".." not in plain.parts
