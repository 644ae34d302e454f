"""A folder or a zip as one thing: the names of its files, and the bytes of each."""

import difflib
import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ganbench.data.sources import bounded_read, picture_kinds
from ganbench.errors import InputError
from ganbench.system import digest_cache
from ganbench.system.text import printable

RECORD_ENDINGS = frozenset({".tfrec", ".tfrecord", ".tfrecords"})
MOST_FILES = 1_000_000  # a link may lead to the root of everything


@dataclass(frozen=True)
class Tree:
    """The files below one place, sorted by name; hidden ones are left out."""

    path: Path
    title: str  # name of the folder, or of the zip without its ending
    names: tuple[str, ...]  # relative, with forward slashes
    _kinds: dict[str, str] = field(default_factory=dict, compare=False, repr=False, kw_only=True)

    def kind(self, name: str) -> str:
        """What a file is by its ending, or else by its first bytes; "" for what is no picture.

        A picture may still be broken, or of a kind that is not read.
        """
        if name not in self._kinds:
            by_ending = picture_kinds.by_ending(name)
            self._kinds[name] = self._seen_kind(name) if by_ending is None else by_ending
        return self._kinds[name]

    def _seen_kind(self, name: str) -> str:
        try:
            return picture_kinds.kind(self.head(name))
        except bounded_read.TemporaryFailure:  # it may be one: whoever reads it says what failed
            return "unread"
        except bounded_read.UnreadableFile:
            return ""

    def head(self, name: str) -> bytes:
        """The first bytes of one file; UnreadableFile."""
        return bounded_read.read_head(self.path / name, picture_kinds.HEAD)

    def read(self, name: str) -> bytes:
        """Bytes of one file; UnreadableFile when they cannot be had or are absurdly many."""
        return bounded_read.read_file(self.path / name)

    def bytes_of(self, name: str) -> int:
        """How many bytes `read` will hold at most, as the file claims."""
        try:
            return (self.path / name).stat().st_size
        except OSError:
            return 0

    def stamp(self, name: str) -> str | None:
        """What the file system says of a file, for `digest_cache`."""
        with suppress(OSError, ValueError):
            return digest_cache.stamp((self.path / name).stat())
        return None


@dataclass(frozen=True)
class ZipTree(Tree):
    """Entries of a zip, read one by one and never extracted to disk."""

    archive: zipfile.ZipFile = field(repr=False, kw_only=True)

    def head(self, name: str) -> bytes:
        """The first bytes of one entry; UnreadableFile."""
        return bounded_read.read_entry_head(self.archive, name, picture_kinds.HEAD)

    def read(self, name: str) -> bytes:
        """Bytes of one entry; UnreadableFile when it is damaged, locked or absurdly large."""
        return bounded_read.read_entry(self.archive, name)

    def bytes_of(self, name: str) -> int:
        """How many bytes `read` will hold at most, as the entry claims."""
        entry = self.archive.getinfo(name)
        return entry.file_size + entry.compress_size

    def stamp(self, name: str) -> str | None:
        """What the file system says of the zip that is open, and which entry is meant."""
        assert self.archive.fp
        return digest_cache.stamp(os.fstat(self.archive.fp.fileno()), name)


def is_record(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in RECORD_ENDINGS


def open_tree(text: str) -> Tree:
    """Folder, zip or single TFRecord file -> Tree; InputError for anything else."""
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            return Tree(path, path.resolve().name or str(path), _files_below(path))
        if not path.exists():
            raise _missing(path)
        if path.suffix.lower() == ".zip" or _holds_zip(path):
            return _open_zip(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no such ~user, or a loop
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {text} ({reason})") from None
    if is_record(path.name):
        return Tree(path.parent, path.stem, (path.name,))
    if Tree(path.parent, "", ()).kind(path.name):
        raise InputError(f"{path} is one picture", f"give its folder: {path.parent}")
    raise InputError(f"{path} is neither a folder, a .zip nor a .tfrec file")


def _holds_zip(path: Path) -> bool:
    try:
        with bounded_read.opened(path) as file:
            return zipfile.is_zipfile(file)
    except bounded_read.UnreadableFile as reason:
        raise InputError(f"{path} is {reason}") from None


def _files_below(root: Path) -> tuple[str, ...]:
    names, seen = [], set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=_refuse):
        real = os.path.realpath(folder)
        if real in seen:  # a link back to a folder already listed
            folders.clear()
            continue
        seen.add(real)
        below = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if _visible(name))
        names += [(below / name).as_posix() for name in files if _visible(name)]
        if len(names) > MOST_FILES:
            raise InputError(f"{root} holds more than {MOST_FILES:,} files", "give a folder in it")
    return tuple(sorted(names))


def _refuse(error: OSError) -> None:
    raise error


def _visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _open_zip(path: Path) -> ZipTree:
    archive = bounded_read.open_zip(path)
    entries = {info.filename for info in archive.infolist() if not info.is_dir()}
    names = sorted(name for name in entries if all(map(_visible, PurePosixPath(name).parts)))
    return ZipTree(path, path.stem, tuple(names), archive=archive)


def _missing(path: Path) -> InputError:
    parent = path.absolute().parent
    part = path.name
    while not parent.is_dir():
        parent, part = parent.parent, parent.name
    there = sorted(entry.name for entry in parent.iterdir() if _visible(entry.name))
    near = difflib.get_close_matches(part, there, n=1, cutoff=0.5)
    hint = (
        f"nearest: {parent / printable(near[0])}"
        if near
        else f"{parent} is there, but has no {part}"
    )
    return InputError(f"there is no {path}", hint)
