"""The folders of a tree that hold pictures, and what of them is trained on."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import takewhile

from ganbench.data.sources import folder_names
from ganbench.system.text import some_of


@dataclass(eq=False)
class Folder:
    """Pictures (or TFRecords) that lie in a folder, and the folders in it that have some."""

    name: str
    parent: "Folder | None" = field(default=None, repr=False)
    loose: list[str] = field(default_factory=list)  # whole names in the tree
    folders: dict[str, "Folder"] = field(default_factory=dict)

    @property
    def way(self) -> list[str]:
        """Names of the folders from the tree's root to this one."""
        way, folder = list[str](), self
        while folder.parent:
            way.append(folder.name)
            folder = folder.parent
        return way[::-1]

    def at(self, way: Iterable[str]) -> "Folder":
        """The folder that one comes to by these names."""
        folder = self
        for name in way:
            folder = folder.folders[name]
        return folder

    def below(self) -> list[str]:
        """All names at any depth."""
        names, ahead = [], [self]
        while ahead:  # no recursion: a stranger's zip may be thousands of folders deep
            folder = ahead.pop()
            names += folder.loose
            ahead += folder.folders.values()
        return names


@dataclass(frozen=True)
class Place:
    """Folders that are looked at as one, such as the numbered parts of a set."""

    parts: tuple[Folder, ...]
    left: tuple[str, ...] = ()  # what lies beside and is left alone, in words

    @property
    def folders(self) -> dict[str, "Place"]:
        """What lies in them, by name; folders of one name are one."""
        found: dict[str, list[Folder]] = {}
        for part in self.parts:
            for name, folder in part.folders.items():
                found.setdefault(name, []).append(folder)
        return {name: Place(tuple(found[name]), self.left) for name in sorted(found)}

    @property
    def loose(self) -> list[str]:
        """Names of the pictures that lie in no folder of theirs."""
        return [name for part in self.parts for name in part.loose]

    @property
    def prefix(self) -> str:
        """The way to the folder that holds all of them."""
        first, *others = [part.way for part in self.parts]
        for way in others:
            same = (one == other for one, other in zip(first, way, strict=False))
            first = first[: sum(takewhile(bool, same))]
        return "".join(f"{name}/" for name in first)

    def into(self, names: Iterable[str]) -> "Place":
        """What lies in these folders."""
        inside = self.folders
        return Place(tuple(part for name in names for part in inside[name].parts), self.left)

    def among(self, whole: "Place") -> "Place":
        """The same folders in another reading of the tree."""
        (root,) = whole.parts
        return Place(tuple(root.at(part.way) for part in self.parts), self.left)

    def holding(self, *sets: Iterable[str]) -> "list[Place]":
        """Of what lies loose in them these sets, and it is told how much is in none of them."""
        chosen = [set(names) for names in sets]
        others = len(self.loose) - sum(map(len, chosen))
        left = self.left + (f"{others:,} lying beside",) * bool(others)
        return [
            Place(
                tuple(
                    replace(part, loose=[n for n in part.loose if n in names], folders={})
                    for part in self.parts
                ),
                left,
            )
            for names in chosen
        ]

    def without(self, names: Iterable[str]) -> "Place":
        """The same, and it is told that these folders are left alone."""
        inside = self.folders
        return Place(self.parts, self.left + tuple(inside[name].told for name in names))

    def only(self, names: Iterable[str]) -> "Place":
        """The same, and it is told that all but these folders is left alone."""
        chosen = set(names)
        beside = self.without(name for name in self.folders if name not in chosen)
        loose = f"{len(self.loose):,} lying beside"
        return Place(self.parts, beside.left + (loose,) * bool(self.loose))

    @property
    def told(self) -> str:
        """Where it is and how many pictures are in it."""
        count = sum(len(part.below()) for part in self.parts)
        return f"{self.prefix.rstrip('/')} ({count:,})"


def read(names: Iterable[str]) -> Place:
    """The folders that these names with slashes lie in."""
    root = Folder("")
    for name in names:
        folder, (*way, _) = root, name.split("/")
        for step in way:
            if step not in folder.folders:
                folder.folders[step] = Folder(step, folder)
            folder = folder.folders[step]
        folder.loose.append(name)
    return Place((root,))


def training(place: Place) -> tuple[Place, list[str]]:
    """One set without its test splits: where it lies, and its names; none if it is a test alone.

    Beside a training split and a test split nothing else is taken.
    """
    train, others = _divided(place.folders)
    if train and others:
        return training(place.only(train).into(train))
    names, left, ahead = list[str](), list(place.left), list(place.parts)
    for folder in ahead:  # which grows
        loose, inside, beside = _opened(folder)
        names += loose
        ahead += inside
        left += beside
    return Place(place.parts, tuple(left)), sorted(names)


def _opened(folder: Folder) -> tuple[list[str], Iterable[Folder], tuple[str, ...]]:
    """What is trained on in a folder, pictures and folders, and what is left alone."""
    train, tests = _divided(folder.folders)
    here = Place((folder,))
    if train and tests:
        chosen = here.only(train).into(train)
        return [], chosen.parts, chosen.left
    inside = [one for name, one in folder.folders.items() if name not in tests]
    loose, left = _divided_files(folder.loose)
    return loose, inside, here.without(tests).left + left


def _divided_files(names: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """What of these is trained on, where every name says what it is of, and what is left alone."""
    kinds = dict(zip(names, takewhile(bool, map(folder_names.of_file, names)), strict=False))
    tests = [name for name, kind in kinds.items() if kind == "test"]
    if len(kinds) < len(names) or not 0 < len(tests) < len(names):
        return names, ()
    train = [name for name in names if kinds[name] != "test"]
    return train, (f"{some_of(tests, 1)} (test pictures by their names)",)


def _divided(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Folders side by side that are training splits, and those that are test splits."""
    splits = folder_names.splits(names)
    train = [name for name, split in splits.items() if split.kind == "train"]
    return train, [name for name in splits if name not in train]
