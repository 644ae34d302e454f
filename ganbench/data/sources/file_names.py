"""Names for files that are written, from names that come from outside."""

import re
from collections import defaultdict
from pathlib import PurePosixPath

from ganbench.system.text import printable

LONGEST = 255  # bytes of one name on nearly every file system
SUFFIX = 20  # letters of an ending that is kept when a name is cut
# What Windows has no files of; a set that was written elsewhere may be unpacked there.
NO_LETTERS = re.compile(r'[<>:"|?*]')
NO_NAME = re.compile(r"(con|prn|aux|nul|(com|lpt)[1-9¹²³]) *(\.|$)", re.IGNORECASE)


class Names:
    """Gives each file a name of its own that stays inside its folder.

    `folds_case`: whether the place takes "A.png" and "a.png" for one file.
    """

    def __init__(self, folds_case: bool = False):
        self._folds_case = folds_case
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._tried: defaultdict[str, int] = defaultdict(lambda: 1)

    def take(self, folder: str, name: str) -> str:
        """A free name below `folder` ("" is the root), as much like `name` as can be."""
        wanted = PurePosixPath(folder, safe_name(name))
        if any(self._key(parent) in self._files for parent in wanted.parents):
            wanted = PurePosixPath(folder, safe_name(safe_name(name).replace("/", "-")))
        path = wanted
        while self._key(path) in self._files or self._key(path) in self._folders:
            self._tried[str(wanted)] += 1
            path = _numbered(wanted, self._tried[str(wanted)])
        self._files.add(self._key(path))
        self._folders.update(map(self._key, path.parents))
        return str(path)

    def _key(self, path: PurePosixPath) -> str:
        return str(path).casefold() if self._folds_case else str(path)


def safe_name(name: str) -> str:
    """`name` as a relative path that leads nowhere else: no root, "..", drive or control letter.

    Nothing in it is hidden either, nor a name that Windows has no file of. A name that is all
    right stays as it is.
    """
    parts = name.replace("\\", "/").split("/")
    return "/".join(_plain(part) for part in parts if part not in ("", ".", "..")) or "_"


def _plain(part: str) -> str:
    part = NO_LETTERS.sub("_", printable(part))
    if part.startswith("."):
        part = f"_{part[1:]}"
    if NO_NAME.match(part):
        part = f"_{part}"
    if len(part.encode()) <= LONGEST:
        return part
    return _cut(part, LONGEST - 100) + PurePosixPath(part).suffix[:SUFFIX]


def _numbered(path: PurePosixPath, number: int) -> PurePosixPath:
    """`path` with a number before its ending, in place of letters where there is no room."""
    suffix = path.suffix if len(path.suffix) <= SUFFIX else ""
    ending = f"-{number}{suffix}"
    stem = path.name.removesuffix(suffix)
    return path.with_name(_cut(stem, LONGEST - len(ending.encode())) + ending)


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")
