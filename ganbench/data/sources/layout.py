"""What the user's path holds -> one listing of pictures for each domain.

Which side is which, in `--data`, is decided by names alone:

1. Kaggle's download: `photo_jpg` (else `photo_tfrec`) is the source, `monet_jpg` (else
   `monet_tfrec`) the target.
2. CycleGAN's layout: `trainA` and `trainB`; `testA` and `testB` are left alone. A folder called
   X2Y or X_to_Y gives A the name X and B the name Y ("monet2photo": A monet, B photo).
3. Any folder or zip with exactly two folders of pictures in it.

In 2 and 3 the side with a word such as "photo" or "real" in its name is the source; else the
side with a word such as "painting" or "monet" is the target; else the first is the source, as A
is CycleGAN's input. `--swap` exchanges the two. A single folder around everything is looked into.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ganbench.data.sources.byte_semaphore import ByteSemaphore
from ganbench.data.sources.file_tree import Tree, ZipTree, is_record, open_tree
from ganbench.data.sources.picture_kinds import by_ending, is_read
from ganbench.errors import InputError
from ganbench.system.text import printable, shown

PHOTOGRAPHS = {"photo", "photos", "photograph", "photographs", "photography", "real", "source"}
PAINTINGS = {"painting", "paintings", "painted", "paint", "art", "target"}
PAINTINGS |= {"monet", "vangogh", "cezanne", "ukiyoe"}
KNOWN = {"monet_jpg", "monet_tfrec", "photo_jpg", "photo_tfrec"}
KNOWN |= {"traina", "trainb", "testa", "testb"}
_reading = ByteSemaphore(256 * 2**20)  # bytes of files that all threads hold together
APART = "name the two sides: --source PHOTOGRAPHS --target PAINTINGS"


class OneSet(InputError):
    """The path holds pictures, but not two sets that can be told apart."""


@dataclass(frozen=True)
class Listing:
    """The files of one domain, in the order that its array will have."""

    title: str
    tree: Tree
    prefix: str  # "" or the folder inside the tree, with a slash at its end
    names: tuple[str, ...]  # relative to prefix
    records: bool  # True: TFRecords, not pictures

    def read(self, name: str) -> bytes:
        """Bytes of one file; UnreadableFile when they cannot be had."""
        return self.tree.read(self.prefix + name)

    def stamp(self, name: str) -> str | None:
        """What the file system says of one file, for `digest_cache`."""
        return self.tree.stamp(self.prefix + name)

    @contextmanager
    def reading(self, name: str) -> Iterator[bytes]:
        """`read`, when other threads hold so little that there is room for it."""
        with _reading.holding(self.tree.bytes_of(self.prefix + name)):
            yield self.read(name)


def one_set(path: str) -> Listing:
    """All pictures at any depth of a folder or zip (or its TFRecords) as one domain."""
    tree = open_tree(path)
    return _listing(tree, "", tree.title)


def two_sets(path: str) -> tuple[Listing, Listing]:
    """The two domains of a folder or zip as (source, target); OneSet when it has not two."""
    return two_sets_in(open_tree(path))


def two_sets_in(tree: Tree) -> tuple[Listing, Listing]:
    """`two_sets` of a place whose files are known already."""
    # Endings decide, where they can: a folder of raw files beside the two sides is no third one.
    usual = tuple(name for name in tree.names if is_record(name) or is_read(by_ending(name) or ""))
    try:
        root, holder, sides = _sides(tree, usual)
    except InputError:
        readable = (name for name in tree.names if is_record(name) or is_read(tree.kind(name)))
        root, holder, sides = _sides(tree, tuple(readable) or tree.names)
    source, target = (_listing(tree, f"{root}{side}/", f"{holder}/{side}") for side in sides)
    return source, target


def _sides(tree: Tree, names: tuple[str, ...]) -> tuple[str, str, tuple[str, str]]:
    """What is around the two folders, its own name, and theirs, looking at some files alone."""
    some = replace(tree, names=names)
    root = _root(some)
    holder = root.rstrip("/").rpartition("/")[2] or tree.title
    inside = Counter(name[len(root) :].partition("/")[0] for name in _usable(some, root, deep=True))
    folders = {name.lower(): name for name in sorted(inside)}
    sides = _kaggle(folders, holder) or _cyclegan(folders, holder)
    if sides is None:
        loose = len(_usable(some, root, deep=False))
        sides = _two_folders(sorted(inside), loose, tree)
    return root, holder, sides


def _listing(tree: Tree, prefix: str, title: str) -> Listing:
    below = [name[len(prefix) :] for name in tree.names if name.startswith(prefix)]
    pictures = tuple(name for name in below if tree.kind(prefix + name))
    records = tuple(filter(is_record, below))
    if pictures or records:
        if not pictures and isinstance(tree, ZipTree):
            raise InputError(f"TFRecords cannot be read inside {tree.path}", "unpack the zip first")
        return Listing(printable(title), tree, prefix, pictures or records, not pictures)
    place = tree.path / prefix
    if not below:
        raise InputError(f"{place} is empty", "give a folder or zip of pictures")
    count = f"{len(below)} files" if len(below) > 1 else "1 file"
    raise InputError(
        f"{place} holds no pictures ({count}, for instance {shown(below[0])})",
        "JPEG, PNG, WebP, TIFF, BMP, GIF, PPM, AVIF, TFRecords and (ganbench[heif]) HEIC are read",
    )


def _usable(tree: Tree, root: str, deep: bool) -> list[str]:
    """Pictures and TFRecords below root: those in folders (deep) or those lying in it."""
    return [
        name
        for name in tree.names
        if name.startswith(root)
        and (tree.kind(name) or is_record(name))
        and ("/" in name[len(root) :]) == deep
    ]


def _root(tree: Tree) -> str:
    """Step through folders that hold one folder and nothing else, up to a layout's own names."""
    root = ""
    while not _usable(tree, root, deep=False):
        first = {name[len(root) :].partition("/")[0] for name in _usable(tree, root, deep=True)}
        if len(first) != 1 or next(iter(first)).lower() in KNOWN:
            break
        root += f"{first.pop()}/"
    return root


def _kaggle(folders: dict[str, str], holder: str) -> tuple[str, str] | None:
    found = {}
    for side in ("photo", "monet"):
        choices = [
            folders[f"{side}_{kind}"] for kind in ("jpg", "tfrec") if f"{side}_{kind}" in folders
        ]
        if choices:
            found[side] = choices[0]
    if len(found) == 1:
        (there, name), missing = *found.items(), {"photo": "monet", "monet": "photo"}
        side = missing[there]
        raise InputError(f"{holder} has {name} but neither {side}_jpg nor {side}_tfrec", APART)
    return (found["photo"], found["monet"]) if found else None


def _cyclegan(folders: dict[str, str], holder: str) -> tuple[str, str] | None:
    found = [folders[name] for name in ("traina", "trainb") if name in folders]
    if len(found) == 1:
        missing = "trainB" if found[0].lower() == "traina" else "trainA"
        raise InputError(f"{holder} has {found[0]} but no {missing}", APART)
    if not found:
        if "testa" in folders or "testb" in folders:
            raise InputError(f"{holder} has test folders but no trainA and trainB", APART)
        return None
    named = re.fullmatch(r"(.+?)(?:2|[_-]to[_-])(.+)", holder, re.IGNORECASE)
    a_is_source = first_is_source(*named.groups()) if named else True
    return (found[0], found[1]) if a_is_source else (found[1], found[0])


def _two_folders(inside: list[str], loose: int, tree: Tree) -> tuple[str, str]:
    if len(inside) == 2 and not loose:
        a, b = inside
        return (a, b) if first_is_source(a, b) else (b, a)
    if not inside and not loose:
        _listing(tree, "", tree.title)  # says what is wrong with a place without pictures
    if not inside:
        unread = [name for name in tree.names if tree.kind(name) and not is_read(tree.kind(name))]
        beside = f" ({len(unread):,} more not read, as {shown(unread[0])})" if unread else ""
        raise OneSet(f"{tree.path} holds one set of pictures{beside}, and two are needed", APART)
    some = ", ".join(map(shown, inside[:6])) + " ..." * (len(inside) > 6)
    held = f"{len(inside)} folders of pictures ({some})"
    held += f" and {loose} loose pictures" * (loose > 0)
    raise OneSet(f"{tree.path} holds {held}; which are the two sets is not clear", APART)


def first_is_source(first: str, second: str) -> bool:
    """Whether, going by their names, `first` is the side of the photographs."""
    words = [set(re.findall(r"[a-z]+", name.lower())) for name in (first, second)]
    photographs = [bool(side & PHOTOGRAPHS) for side in words]
    if photographs[0] != photographs[1]:
        return photographs[0]
    paintings = [bool(side & PAINTINGS) for side in words]
    return paintings[1] or not paintings[0]
