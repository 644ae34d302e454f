"""What the user's path holds -> one listing of pictures for each domain.

Which side is which, in `--data`, is decided by names alone:

1. Kaggle's download: `photo_jpg` (else `photo_tfrec`) is the source, `monet_jpg` (else
   `monet_tfrec`) the target.
2. CycleGAN's layout: `trainA` and `trainB`, however they are spelled. A folder called X2Y or
   X_to_Y gives A the name X and B the name Y ("monet2photo": A monet, B photo). In a folder of
   TFRecords these words are looked for in the files' names (`x-trainA.tfrecord-00000-of-00001`).
   Files in one folder are two sets, too, if all are called as photographs or as paintings are.
3. Any folder or zip with exactly two folders of pictures in it.

In 2 and 3 the side with a word such as "photo" or "real" in its name is the source; else the
side with a word such as "painting" or "monet" is the target; else the first is the source, as A
is CycleGAN's input. `--swap` exchanges the two. A single folder around everything is looked into.

Names of splits (train, test, val and the like) are no domains, above these layouts or below: the
training split is used, and the others are left alone. Numbered parts (00000, shard-1) are one set.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from ganbench.data.sources import folder_names, folders, wrong_place
from ganbench.data.sources.byte_semaphore import ByteSemaphore
from ganbench.data.sources.file_tree import (
    Tree,
    ZipTree,
    has_record_ending,
    is_record,
    open_tree,
)
from ganbench.data.sources.folder_names import CYCLEGAN, KAGGLE
from ganbench.data.sources.folders import Place
from ganbench.data.sources.picture_kinds import by_ending, is_read
from ganbench.errors import InputError
from ganbench.system.text import printable, shown, some_of

KNOWN = KAGGLE | {"traina", "trainb", "testa", "testb"}
X_TO_Y = re.compile(r"(.+?)(?:2|[_-]to[_-])(.+)", re.IGNORECASE)
RECORDS_OF = re.compile(r"(?<![a-z])train([ab])(?![a-z])", re.IGNORECASE)
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
    left_alone: tuple[str, ...] = ()  # what lies beside them and is not trained on, in words

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
    return one_set_in(open_tree(path))


def one_set_in(tree: Tree) -> Listing:
    """`one_set` of a place whose files are known already."""
    return _listing(tree, "", tree.title, _all(tree))


def training_set(path: str) -> Listing:
    """`one_set` without its test splits; InputError where it plainly is two sets."""
    return training_set_in(open_tree(path))


def training_set_in(tree: Tree) -> Listing:
    """`training_set` of a place whose files are known already."""
    place, holder = _descended(tree, _called_so(tree))
    with suppress(OneSet):
        known = _known(tree, place, holder)
        if known and known.told:
            sides = [_typed(tree, side.place) for side in (known.source, known.target)]
            hint = f"name one: {' or '.join(sides)}"
            if known.source.by_files:
                hint = f"give --data {sides[0]} for both; for one, put its files in a folder"
            raise InputError(f"{tree.path} holds two sets of pictures", hint)
    return _without_tests(tree)


def two_sets(path: str) -> tuple[Listing, Listing]:
    """The two domains of a folder or zip as (source, target); OneSet when it has not two."""
    return two_sets_in(open_tree(path))


def two_sets_in(tree: Tree) -> tuple[Listing, Listing]:
    """`two_sets` of a place whose files are known already."""
    return _listed(tree, _two_sides(tree))


def what_noise_needs(path: str) -> tuple[Listing | None, Listing]:
    """What models from noise alone are taught and shown: (source or None, target).

    Two domains where the names say which is which; else all that is there is one set. Refused
    where photographs and paintings are there, and more that could be either.
    """
    tree = open_tree(path)
    try:
        found = _two_sides(tree)
    except OneSet:
        if folder_names.are_both(_descended(tree, _called_so(tree))[0].folders):
            raise
        return None, _without_tests(tree)
    return _listed(tree, found) if found.told else (None, _without_tests(tree))


@dataclass(frozen=True)
class _Side:
    title: str
    place: Place
    by_files: bool = False  # some of the files there, by their names


@dataclass(frozen=True)
class _Sides:
    source: _Side
    target: _Side
    told: bool = True  # by their names, not by their order


def _two_sides(tree: Tree) -> _Sides:
    """By the files' endings, where they can tell: stray pictures without one are no third side."""
    called = _called_so(tree)
    try:
        return _two_sides_of(tree, called)
    except InputError:
        if (seen := _seen(tree)) == called:
            raise
    return _two_sides_of(tree, seen)


def _two_sides_of(tree: Tree, names: list[str]) -> _Sides:
    place, holder = _descended(tree, names)
    return _known(tree, place, holder) or _two_folders(place, holder, tree)


def _known(tree: Tree, place: Place, holder: str) -> _Sides | None:
    return _kaggle(place, holder) or _cyclegan(place, holder) or _named_files(tree, place, holder)


def _called_so(tree: Tree) -> list[str]:
    """Pictures that are read, and TFRecords, by their endings; where none is, by their bytes."""
    return _beside_records(tree, set(filter(_is_called_so, tree.names))) or _seen(tree)


def _is_called_so(name: str) -> bool:
    return is_read(by_ending(name) or "")


def _seen(tree: Tree) -> list[str]:
    """Pictures that are read, and TFRecords, by their first bytes; else whatever is a picture."""
    pictures = {name for name in tree.names if is_read(tree.kind(name))}
    return _beside_records(tree, pictures) or _all(tree)


def _all(tree: Tree) -> list[str]:
    """Everything that is a picture, also of a kind that is not read, and TFRecords."""
    return _beside_records(tree, set(filter(tree.kind, tree.names)))


def _beside_records(tree: Tree, pictures: set[str]) -> list[str]:
    """These pictures and the TFRecords; beside pictures only what is one beyond doubt."""
    records = has_record_ending if any(map(_is_called_so, pictures)) else is_record
    return [name for name in tree.names if name in pictures or records(name)]


def _descended(tree: Tree, names: list[str]) -> tuple[Place, str]:
    """Where the domains lie side by side, and what the whole is called.

    That is inside of folders around everything, of training splits and of numbered parts.
    """
    return _entered(folders.read(names), tree.title)


def _entered(place: Place, holder: str) -> tuple[Place, str]:
    """`_descended` from a place on."""
    while chosen := _around(place):
        place = place.only(chosen).into(chosen)
        (name, *others) = chosen
        if not (others or folder_names.splits(chosen) or folder_names.is_shard(name)):
            holder = name
    return place, holder


def _around(place: Place) -> list[str]:
    """Folders that are no domains, but hold the domains; none where the domains are reached."""
    splits, inside = folder_names.splits(place.folders), list(place.folders)
    if KAGGLE.intersection(map(str.lower, inside)):
        return []
    train = {name: split.rest for name, split in splits.items() if split.kind == "train"}
    others = [name for name in inside if name not in splits]
    if train:
        sure = len(train) < len(splits) or not (others or place.loose)
        whole = len(set(train.values())) == 1 and not CYCLEGAN.intersection(train.values())
        return list(train) if sure and whole else []
    alone = len(others) == 1 or all(map(folder_names.is_shard, others))
    return others if alone and not place.loose else []


def _listed(tree: Tree, found: _Sides) -> tuple[Listing, Listing]:
    """Both sides, with all the pictures in their folders, however they are called."""
    whole = folders.read(_all(tree))
    return _side(tree, found.source, whole), _side(tree, found.target, whole)


def _side(tree: Tree, side: _Side, whole: Place) -> Listing:
    place, names = folders.training(side.place)
    if not names:
        raise _test_alone(tree, side.place)
    if not (side.by_files or all(map(is_record, names))):
        place, names = folders.training(side.place.among(whole))
    return _listing(tree, place.prefix, side.title, names, place.left)


def _without_tests(tree: Tree) -> Listing:
    whole = folders.read(_all(tree))
    place, names = folders.training(whole)
    if not names and whole.folders:
        raise _test_alone(tree, whole)
    return _listing(tree, place.prefix, tree.title, names, place.left)


def _listing(
    tree: Tree, prefix: str, title: str, usable: Sequence[str], left: tuple[str, ...] = ()
) -> Listing:
    below = [name[len(prefix) :] for name in usable]
    pictures = tuple(name for name in below if tree.kind(prefix + name))
    records = tuple(filter(is_record, below))
    if records and not any(map(_is_called_so, pictures)):
        pictures = ()
    if pictures or records:
        if not pictures and isinstance(tree, ZipTree):
            raise InputError(f"TFRecords cannot be read inside {tree.path}", "unpack the zip first")
        left = (*map(shown, left), *_packed_beside(tree, records if pictures else ()))
        return Listing(printable(title), tree, prefix, pictures or records, not pictures, left)
    if not tree.names:
        raise InputError(f"{tree.path} is empty", "give a folder or zip of pictures")
    count = f"{len(tree.names)} files" if len(tree.names) > 1 else "1 file"
    raise InputError(
        f"{tree.path} holds no pictures ({count}, for instance {shown(tree.names[0])})",
        wrong_place.advice(tree.names),
    )


def _packed_beside(tree: Tree, records: Sequence[str]) -> Iterator[str]:
    """What may hold more pictures, but is not opened where there are pictures, in words."""
    archives = list(filter(wrong_place.is_packed, tree.names))
    for names, what in ((records, "TFRecords beside pictures"), (archives, "packed, not opened")):
        if names:
            yield f"{shown(some_of(names, 1))} ({what})"


def _kaggle(place: Place, holder: str) -> _Sides | None:
    inside = {name.lower(): name for name in place.folders}
    found = {}
    for side in ("photo", "monet"):
        choices = [
            inside[f"{side}_{kind}"] for kind in ("jpg", "tfrec") if f"{side}_{kind}" in inside
        ]
        if choices:
            found[side] = choices[0]
    if len(found) == 1:
        (there, name), missing = *found.items(), {"photo": "monet", "monet": "photo"}
        side = missing[there]
        raise OneSet(f"{holder} has {name} but neither {side}_jpg nor {side}_tfrec", APART)
    if not found:
        return None
    source, target = (_named(place, holder, [found[side]]) for side in ("photo", "monet"))
    return _Sides(source, target)


def _named(place: Place, holder: str, names: list[str]) -> _Side:
    return _Side(f"{holder}/{names[0]}", place.into(names))


def _cyclegan(place: Place, holder: str) -> _Sides | None:
    """Two training splits side by side: trainA and trainB, or of what test splits are there of."""
    by_rest: dict[str, list[str]] = {}
    for name, split in folder_names.splits(place.folders).items():
        if split.kind == "train":
            by_rest.setdefault(split.rest, []).append(name)
    letters = sorted(CYCLEGAN & by_rest.keys())
    if len(letters) == 1:
        (name,) = by_rest[letters[0]][:1]
        raise OneSet(f"{holder} has {name} but no {_other_letter(name)}", APART)
    if not letters and ("" in by_rest or len(by_rest) != 2):
        return None
    first, second = letters or sorted(by_rest)
    apart = place.only(by_rest[first] + by_rest[second])
    sides = [_named(apart, holder, by_rest[rest]) for rest in (first, second)]
    return _ordered(sides, first, second, holder)


def _named_files(tree: Tree, place: Place, holder: str) -> _Sides | None:
    """Two sets in one folder: by CycleGAN's words in names of TFRecords, or by the first words."""
    if isinstance(tree, ZipTree) and any(map(is_record, place.loose)):
        return None
    sets, letters = _lettered_records(place, holder), True
    if not sets:
        sets, letters = {} if place.folders else _by_first_word(place.loose), False
    if not sets:
        return None
    places = place.holding(*sets.values())
    sides = [_Side(f"{holder}/{one}", own, True) for one, own in zip(sets, places, strict=True)]
    if not letters:
        first, second = sets
        return _ordered(sides, first, second, holder)
    # Its folder is called by a version number, and lies in monet2photo.
    holders = (tree.path.resolve() / place.prefix).parts[-2:]
    return _ordered(sides, "a", "b", next(filter(X_TO_Y.fullmatch, holders), holder))


def _lettered_records(place: Place, holder: str) -> dict[str, list[str]]:
    """CycleGAN's sides in the names of TFRecord files, as TensorFlow Datasets writes them."""
    by_letter: dict[str, list[str]] = {}
    if not all(map(is_record, place.loose)):
        return {}
    for name in place.loose:
        if found := RECORDS_OF.search(PurePosixPath(name).name):
            by_letter.setdefault(f"train{found[1].upper()}", []).append(name)
    if len(by_letter) == 1:
        (there,) = by_letter
        missing = _other_letter(there)
        raise OneSet(f"{holder} has records of {there} but none of {missing}", APART)
    return dict(sorted(by_letter.items()))


def _by_first_word(names: list[str]) -> dict[str, list[str]]:
    """Two sets in one folder (photo_1.jpg, monet_1.jpg), if every name says which it is of."""
    sets: dict[str, list[str]] = {}
    for name in names:
        first, *_ = folder_names.words(PurePosixPath(name).stem) or [""]
        sets.setdefault(first, []).append(name)
        if len(sets) > 2:
            return {}
    return sets if len(sets) == 2 and folder_names.are_both(sets) else {}


def _other_letter(name: str) -> str:
    """trainB for trainA, b_train for a_train."""
    place = -1 if folder_names.words(name)[-1] in CYCLEGAN else 0
    letters = list(name)
    letters[place] = letters[place].translate(str.maketrans("abAB", "baBA"))
    return "".join(letters)


def _ordered(sides: list[_Side], first: str, second: str, holder: str) -> _Sides:
    """Source and target, going by what the two are called, or by the name of what holds A and B."""
    lettered = {first.lower(), second.lower()} == CYCLEGAN
    named = X_TO_Y.fullmatch(holder) if lettered else None
    said = folder_names.first_is_source(*(named.groups() if named else (first, second)))
    source, target = reversed(sides) if said is False else sides
    return _Sides(source, target, said is not None or lettered)


def _two_folders(place: Place, holder: str, tree: Tree) -> _Sides:
    inside, loose = list(place.folders), len(place.loose)
    splits = folder_names.splits(inside)
    domains = [name for name in inside if name not in splits]
    train = [name for name, split in splits.items() if split.kind == "train"]
    if len(domains) == 2 and not loose and not train:
        _refuse_pairs(tree, place, domains)
        apart = place.without(splits)
        sides = [_named(apart, holder, [name]) for name in domains]
        return _ordered(sides, domains[0], domains[1], holder)
    where = tree.path / place.prefix
    if not inside and not loose:
        _listing(tree, "", tree.title, [])  # says what is wrong with a place without pictures
    if not domains and not loose and not train:
        raise _test_alone(tree, place)
    if not domains + train:
        unread = [name for name in tree.names if tree.kind(name) and not is_read(tree.kind(name))]
        beside = f" ({len(unread):,} more not read, as {shown(unread[0])})" if unread else ""
        hint = f"a translator needs two: --source PHOTOGRAPHS --target {_typed(tree, place)}"
        raise OneSet(f"{where} holds one set of pictures{beside}, and two are needed", hint)
    some = ", ".join(map(shown, inside[:6])) + " ..." * (len(inside) > 6)
    held = f"{len(inside)} folder{'s' * (len(inside) > 1)} of pictures ({some})"
    held += f" and {loose} loose picture{'s' * (loose > 1)}" * (loose > 0)
    split = f"{shown(train[0])} is called as a split is, and " if train else ""
    question = f"{split}which are the two sets is not clear"
    raise OneSet(f"{where} holds {held}; {question}", _name_two(tree, place, domains + train))


def _refuse_pairs(tree: Tree, place: Place, names: list[str]) -> None:
    """OneSet for two folders that each hold two sets, and are not sides themselves."""
    if folder_names.first_is_source(*names) is not None:
        return
    inside = [place.folders[name] for name in names]
    if all(
        _known(tree, *_entered(one, "")) or folder_names.are_both(one.folders) for one in inside
    ):
        sides = " or ".join(f"--data {_typed(tree, one)}" for one in inside)
        raise OneSet(f"{tree.path / place.prefix} holds two sets twice", f"take one: {sides}")


def _name_two(tree: Tree, place: Place, names: list[str]) -> str:
    """What to type for two of these folders."""
    if len(names) < 2:
        return APART
    first, second = names[:2]
    if folder_names.first_is_source(first, second) is False:
        first, second = second, first
    inside = place.folders
    sides = [_typed(tree, inside[name]) for name in (first, second)]
    return f"name the two sides, for instance --source {sides[0]} --target {sides[1]}"


def _typed(tree: Tree, place: Place) -> str:
    """A place as one would type it; what is in a zip must come out of it first."""
    path = tree.path / place.prefix
    if isinstance(tree, ZipTree) and place.prefix:
        path = tree.path.with_suffix("") / place.prefix
        return f"{shlex.quote(printable(str(path)))} (unpack the zip first)"
    return shlex.quote(printable(str(path)))


def _test_alone(tree: Tree, place: Place) -> InputError:
    """What to say of pictures that lie in test splits, beside no training split."""
    tests = [place.folders[name] for name in folder_names.splits(place.folders)]
    named = " and ".join(_typed(tree, one) for one in tests) or "the folder itself"
    where = tree.path / place.prefix
    return InputError(
        f"{where} has test folders but no training folder, and nobody trains on a test",
        f"to train on it all the same, name {named}",
    )
