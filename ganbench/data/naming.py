"""Names for files that are written, from names that come from outside."""

import re
import unicodedata
from collections import defaultdict
from pathlib import PurePosixPath

LONGEST = 255  # bytes of one name on nearly every file system


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
        wanted = PurePosixPath(folder, inside(name))
        if any(self._key(parent) in self._files for parent in wanted.parents):
            wanted = PurePosixPath(folder, inside(name).replace("/", "-"))
        path = wanted
        while self._key(path) in self._files or self._key(path) in self._folders:
            self._tried[str(wanted)] += 1
            path = wanted.with_stem(f"{wanted.stem}-{self._tried[str(wanted)]}")
        self._files.add(self._key(path))
        self._folders.update(map(self._key, path.parents))
        return str(path)

    def _key(self, path: PurePosixPath) -> str:
        return str(path).casefold() if self._folds_case else str(path)


def inside(name: str) -> str:
    """`name` as a relative path that leads nowhere else: no root, "..", drive or control letter.

    Nothing in it is hidden either. A name that is all right stays as it is.
    """
    parts = name.replace("\\", "/").split("/")
    path = "/".join(_plain(part) for part in parts if part not in ("", ".", ".."))
    return re.sub(r"^([A-Za-z]):", r"\1_", path) or "_"


def _plain(part: str) -> str:
    bad = ("Cc", "Cs")  # control letters and halves of letters
    part = "".join("_" if unicodedata.category(one) in bad else one for one in part)
    if part.startswith("."):
        part = f"_{part[1:]}"
    if len(part.encode()) <= LONGEST:
        return part
    suffix = PurePosixPath(part).suffix[:20]
    return part.encode()[: LONGEST - 100].decode("utf-8", "ignore") + suffix
