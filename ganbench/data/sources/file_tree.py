"""A folder or a zip as one thing: the names of its files, and the bytes of each."""

import difflib
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ganbench.data.sources import bounded_read, picture_kinds, wrong_place
from ganbench.errors import InputError
from ganbench.system import digest_cache
from ganbench.system.text import printable, shown

RECORD_ENDINGS = frozenset({".tfrec", ".tfrecord", ".tfrecords"})
# Of a TFRecord file in other hands: x.record, x.tfrecord-00000-of-00004, train-00000-of-01024,
# each perhaps compressed. Checkpoints (x.data-00000-of-00001) are none.
RECORD = re.compile(
    r"(?P<stem>[^/]+?)"
    r"(\.(tfrec|tfrecords?|records?)(?P<shard>-\d+-of-\d+)?|(?<!\.data)(?P<part>-\d{5}-of-\d{5}))"
    r"(\.(gz|gzip|zlib|z|zz))?",
    re.IGNORECASE,
)
RUN = frozenset({"record.json", "run.json", "events.jsonl"})  # two of them make a run's folder
CARD, BESIDE_CARD = "card.png", ("report.html", "suite.json")  # of `ganbench card`
MOST_FILES = 1_000_000  # a link may lead to the root of everything


@dataclass(frozen=True)
class Tree:
    """The files below one place, sorted by name; hidden ones are left out.

    So is what a run of ganbench holds, but for what marks its folder: contact sheets are no set.
    """

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
    return RECORD.fullmatch(PurePosixPath(name).name) is not None


def has_record_ending(name: str) -> bool:
    """Is it a record beyond doubt, even beside pictures?"""
    return PurePosixPath(name).suffix.lower() in RECORD_ENDINGS


def record_stem(name: str) -> str:
    """Name of a record's file without its folder and endings: x-00000-of-00004."""
    found = RECORD.fullmatch(PurePosixPath(name).name)
    assert found
    return found["stem"] + (found["shard"] or found["part"] or "")


def runs_in(tree: Tree) -> list[str]:
    """The folders of runs, relative to the place; a place that is itself one is "."."""
    return [str(folder) for folder in _runs(tree.names)]


def _runs(names: Iterable[str]) -> list[PurePosixPath]:
    told = map(PurePosixPath, (name for name in names if name.endswith(tuple(RUN))))
    found = Counter(path.parent for path in told if path.name in RUN)
    return sorted(folder for folder, count in found.items() if count > 1)


def open_tree(text: str) -> Tree:
    """Folder, zip or single TFRecord file -> Tree; InputError for anything else."""
    wrong_place.refuse(text)
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
        raise InputError(f"cannot read {shown(text)} ({reason})") from None
    if is_record(path.name):
        return Tree(path.parent, record_stem(path.name), (path.name,))
    if Tree(path.parent, "", ()).kind(path.name):
        raise InputError(f"{path} is one picture", f"give its folder: {path.parent}")
    raise wrong_place.neither(path)


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
        if len(marks := RUN & set(files)) > 1:
            folders.clear()
            files = sorted(marks)
        names += [(below / name).as_posix() for name in files if _visible(name)]
        if len(names) > MOST_FILES:
            raise InputError(f"{root} holds more than {MOST_FILES:,} files", "give a folder in it")
    return tuple(sorted(_without_cards(names)))


def _without_cards(names: list[str]) -> list[str]:
    """Less the cards of results, which are pictures of nothing."""
    cards = [PurePosixPath(name) for name in names if name.endswith(CARD)]
    there = set(names) if cards else set()
    ours = {
        str(path)
        for path in cards
        if path.name == CARD and any(str(path.with_name(mark)) in there for mark in BESIDE_CARD)
    }
    return [name for name in names if name not in ours]


def _refuse(error: OSError) -> None:
    raise error


def _visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _open_zip(path: Path) -> ZipTree:
    archive = bounded_read.open_zip(path)
    entries = [info.filename for info in archive.infolist() if not info.is_dir()]
    names = sorted(name for name in entries if all(map(_visible, PurePosixPath(name).parts)))
    if entries and not names:
        raise InputError(
            f"{path} holds nothing but hidden files and paths that lead out of it"
            f" ({len(entries):,}, for instance {shown(entries[0])})"
        )
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise InputError(
            f"{path} has more than one file called {shown(twice[0])}", "zip them under other names"
        )
    if runs := set(_runs(names)):
        names = [name for name in names if not _inside(name, runs)]
    names = _without_cards(names)
    return ZipTree(path, path.stem, tuple(names), archive=archive)


def _inside(name: str, runs: set[PurePosixPath]) -> bool:
    """Is it in the folder of a run, and none of what makes it one?"""
    path = PurePosixPath(name)
    return not runs.isdisjoint(path.parents) and path.name not in RUN


def _missing(path: Path) -> InputError:
    if path.is_symlink():
        goal = shown(str(path.readlink()))
        return InputError(f"{path} is a link to {goal}, which is not there", "mend the link")
    parent = path.absolute().parent
    part = path.name
    while not parent.is_dir():
        parent, part = parent.parent, parent.name
    there = sorted(entry.name for entry in parent.iterdir() if _visible(entry.name))
    near = difflib.get_close_matches(part, there, n=1, cutoff=0.5)
    hint = f"nearest: {parent / printable(near[0])}" if near else f"looked for {part} in {parent}"
    return InputError(f"there is no {path}", hint)
