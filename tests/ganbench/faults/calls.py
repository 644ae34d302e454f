"""Every call that touches a file below a folder, counted, and one of them made to go wrong."""

# ruff: noqa: PTH100, PTH115, PTH116, PTH118 (these calls themselves are what is looked at)

import builtins
import errno
import io
import os
import shutil
from collections import Counter
from functools import partial
from pathlib import Path

CRASHED = 77  # exit code of a child that a fault has ended
CRASHES = ("before", "after", "power")
ERRORS = {"ENOSPC": 28, "EIO": 5, "EACCES": 13, "EMFILE": 24}
TO_WRITE = {28}  # a full disk refuses only what needs room
NEED_ROOM = ("open", "write", "mkdir", "replace", "fsync", "close")
BY_NAME = ("replace", "rename", "mkdir", "unlink", "rmdir", "truncate", "symlink", "link")


class Fault:
    """What goes wrong: `kind` at call `at`, and from there on if `lasting`."""

    def __init__(
        self, folder: Path, kind: str = "", at: int = 0, lasting: bool = False, reads: bool = False
    ):
        self.folder, self.kind, self.at, self.lasting = str(folder), kind, at, lasting
        self.reads = reads  # do calls count that change nothing?
        self.count = 0
        self.names: Counter[str] = Counter()
        self.unsynced: dict[tuple[int, int], str] = {}  # what the disk does not have yet

    def call(self, name, path, do, half=None):
        """Do it, and count it, unless it is to fail; `half` is what a failing write still does."""
        self.count += 1
        self.names[name] += 1
        hit = self.count == self.at or (self.lasting and self.count > self.at > 0)
        if hit and self.kind in ("before", "power"):
            self.crash(half)
        if hit and self.kind in ERRORS and self.may_fail(name):
            if name == "close":
                do()  # the handle is gone all the same
            elif half:
                half()
            number = ERRORS[self.kind]
            raise OSError(number, os.strerror(number), str(path))
        try:
            return do()
        finally:  # also after a call that fails by itself: what was to be removed was not there
            if hit and self.kind == "after":
                self.crash()

    def may_fail(self, name):
        return ERRORS[self.kind] != errno.ENOSPC or name in NEED_ROOM

    def crash(self, half=None):
        if half:
            half()
        if self.kind == "power":
            self.lose_unsynced()
        os._exit(CRASHED)

    def lose_unsynced(self):
        """Leave half of what was written and never synced, as a file system may."""
        for root, _, names in os.walk(self.folder):
            for name in names:
                found = os.stat(os.path.join(root, name))
                if (found.st_dev, found.st_ino) in self.unsynced:
                    _real["truncate"](os.path.join(root, name), found.st_size // 2)

    def inside(self, path, dir_fd=None):
        if isinstance(path, int):
            return False
        path = os.fspath(path)
        if dir_fd is not None:
            path = os.path.join(os.readlink(f"/proc/self/fd/{dir_fd}"), path)
        return os.path.abspath(path).startswith(self.folder)


_real = {name: getattr(os, name) for name in (*BY_NAME, "open", "close", "fsync")}


def install(fault: Fault) -> None:
    """Let every call below the fault's folder pass through it, in this process for good."""
    for name in BY_NAME:
        setattr(os, name, _by_name(fault, name, _real[name]))
    handles = {}

    def open_handle(path, flags, mode=0o777, *, dir_fd=None):
        changes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not fault.inside(path, dir_fd) or not (changes or fault.reads):
            return _real["open"](path, flags, mode, dir_fd=dir_fd)
        do = lambda: _real["open"](path, flags, mode, dir_fd=dir_fd)  # noqa: E731
        handle = fault.call("open", path, do)
        handles[handle] = path
        return handle

    def close_handle(handle):
        path = handles.pop(handle, None)
        if path is None:
            return _real["close"](handle)
        return fault.call("close", path, lambda: _real["close"](handle))

    def fsync(handle):  # that the disk really has it is not what is tested, and slow
        path = os.readlink(f"/proc/self/fd/{handle}")
        if fault.inside(path):
            found = os.fstat(handle)
            fault.call("fsync", path, lambda: fault.unsynced.pop((found.st_dev, found.st_ino), 0))

    os.open, os.close, os.fsync = open_handle, close_handle, fsync
    _install_files(fault)
    for way in ("_USE_CP_SENDFILE", "_USE_CP_COPY_FILE_RANGE"):  # past which nothing would count
        setattr(shutil, way, False)


def _by_name(fault, name, real):
    def call(path, *rest, **more):
        if not fault.inside(path, more.get("dir_fd")):
            return real(path, *rest, **more)
        return fault.call(name, path, lambda: real(path, *rest, **more))

    return call


def _counted_file(fault: Fault) -> type[io.FileIO]:
    class File(io.FileIO):
        """A file whose opening, writing and closing count."""

        def __init__(self, path, mode="r", closefd=True, opener=None):
            self._told = fault.inside(path) and (fault.reads or bool(set(mode) & set("wax+")))
            start = partial(super().__init__, path, mode, closefd, opener)
            fault.call("open", path, start) if self._told else start()

        def write(self, data):
            real = super().write
            if not self._told:
                return real(data)
            found = os.fstat(self.fileno())
            fault.unsynced[found.st_dev, found.st_ino] = self.name
            view = memoryview(data).cast("B")
            return fault.call(
                "write", self.name, lambda: real(view), lambda: real(view[: len(view) // 2])
            )

        def truncate(self, size=None):
            real = super().truncate
            if not self._told:
                return real(size)
            return fault.call("truncate", self.name, lambda: real(size))

        def close(self):
            real = super().close
            if self.closed or not getattr(self, "_told", False):
                return real()
            return fault.call("close", self.name, real)

    return File


def _install_files(fault: Fault) -> None:
    real_open, File = io.open, _counted_file(fault)

    def open_file(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None,
                  closefd=True, opener=None):  # fmt: skip
        if not fault.inside(file):
            return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = File(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        if buffering == 0:
            return raw
        kind = io.BufferedWriter if set(mode) & set("wax") else io.BufferedReader
        kind = io.BufferedRandom if "+" in mode else kind
        buffer = kind(raw)
        return buffer if "b" in mode else io.TextIOWrapper(buffer, encoding, errors, newline)

    setattr(io, "FileIO", File)  # noqa: B010
    io.open = builtins.open = open_file
