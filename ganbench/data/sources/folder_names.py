"""What the name of a folder says of the pictures in it: a split, a side, a number, or nothing."""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

PHOTOGRAPHS = {"photo", "photos", "photograph", "photographs", "photography", "real", "source"}
PAINTINGS = {"painting", "paintings", "painted", "paint", "art", "target"}
PAINTINGS |= {"monet", "vangogh", "cezanne", "ukiyoe"}
KAGGLE = {"monet_jpg", "monet_tfrec", "photo_jpg", "photo_tfrec"}
CYCLEGAN = {"a", "b"}  # as trainA, test_B and the like end
TRAIN = {"train", "training", "trainset", "trainval"}
TEST = {"test", "testing", "testset", "val", "valid", "validation", "valset"}
TEST |= {"eval", "evaluation", "dev", "devset", "holdout"}
FILLER = {"set", "data", "dataset", "image", "images", "img", "imgs", "pictures", "split"}
SHARD = {"shard", "part", "batch", "chunk", "piece", "block", "bucket", "fold", "split"}
SHARD |= {"volume", "vol", "archive", "of"}
_GLUED = re.compile(rf"({'|'.join(TRAIN | TEST)})([ab])", re.IGNORECASE)  # traina


class Split(NamedTuple):
    """One part of data that somebody has split."""

    kind: Literal["train", "test"]  # what is no training is never trained on
    rest: str  # of the name: "" of `train`, "a" of `trainA` and `A_train`, "seg" of `seg_train`


def words(name: str) -> list[str]:
    """Words and numbers of a name, in lower case: TrainA and train_a are train and a."""
    glued = _GLUED.fullmatch(name)
    spaced = " ".join(glued.groups()) if glued else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", spaced.lower())


def splits(names: Iterable[str]) -> dict[str, Split]:
    """Which of the folders that lie side by side are splits.

    `test_flights` is one beside `train_flights` and a name like others elsewhere.
    """
    said = {name: split for name in names if (split := _split(name))}
    kinds: dict[str, set[str]] = {}
    for split in said.values():
        kinds.setdefault(split.rest, set()).add(split.kind)
    return {
        name: split
        for name, split in said.items()
        if split.rest in {"", *CYCLEGAN} or len(kinds[split.rest]) == 2
    }


def _split(name: str) -> Split | None:
    found = words(name)
    kinds = [word for word in found if word in TRAIN | TEST]
    if not kinds:
        return None
    rest = [word for word in found if word not in TRAIN | TEST | FILLER]
    if all(map(str.isdecimal, rest)):  # train2017, train_1
        rest = []
    return Split("train" if set(kinds) <= TRAIN else "test", " ".join(rest))


def is_shard(name: str) -> bool:
    """Is this a numbered part of one set, as 00012, shard-3 and part_1-of-2 are?"""
    found = words(name)
    numbers = [word for word in found if word.isdecimal()]
    return bool(numbers) and SHARD.issuperset(word for word in found if word not in numbers)


def first_is_source(first: str, second: str) -> bool | None:
    """Whether, going by their names, `first` is the side of the photographs; None: they say not."""
    names = [{*words(name), *re.findall(r"[a-z]+", name.lower())} for name in (first, second)]
    for known, means_source in ((PHOTOGRAPHS, True), (PAINTINGS, False)):
        there = [bool(name & known) for name in names]
        if there[0] != there[1]:
            return there[0] == means_source
    return None
