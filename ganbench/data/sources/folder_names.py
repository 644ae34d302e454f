"""What the name of a folder says of the pictures in it: a split, a side, a number, or nothing."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple

PHOTOGRAPHS = {"photo", "photos", "photograph", "photographs", "photography", "real", "source"}
PAINTINGS = {"painting", "paintings", "painted", "paint", "art", "target"}
PAINTINGS |= {"monet", "vangogh", "cezanne", "ukiyoe"}
KAGGLE = {"monet_jpg", "monet_tfrec", "photo_jpg", "photo_tfrec"}
CYCLEGAN = {"a", "b"}  # as trainA, test_B and the like end
TRAIN = {"train", "training", "trainset", "trn", "entrenamiento", "entrainement", "apprentissage"}
TRAIN |= {"treino", "treinamento", "addestramento", "trening", "egitim", "обучение", "训练"}
TRAIN |= {"训练集", "訓練", "訓練集", "学習", "훈련", "학습"}
VALIDATION = {"val", "valid", "validate", "validation", "valset", "dev", "devset", "validacion"}
VALIDATION |= {"validacao", "validazione", "validierung", "walidacja", "dogrulama", "валидация"}
VALIDATION |= {"验证", "验证集", "驗證", "驗證集", "検証", "검증"}
TEST = VALIDATION | {"test", "testing", "testset", "tst", "eval", "evaluation", "holdout", "prueba"}
TEST |= {"pruebas", "teste", "prova", "testowy", "тест", "测试", "测试集", "測試", "測試集"}
TEST |= {"テスト", "테스트"}
BRIEF = {"tr": "train", "te": "test", "ts": "test"}  # beside one another alone
FILLER = {"set", "data", "dataset", "image", "images", "img", "imgs", "pictures", "split"}
SHARD = {"shard", "part", "batch", "chunk", "piece", "block", "bucket", "fold", "split"}
SHARD |= {"volume", "vol", "archive", "of"}
_GLUED = re.compile(rf"({'|'.join(TRAIN | TEST)})([ab])", re.IGNORECASE)  # traina


Kind = Literal["train", "test", "both"]


class Split(NamedTuple):
    """One part of data that somebody has split."""

    kind: Kind  # what is no training is never trained on; "both": training and validation
    rest: str  # of the name: "" of `train`, "a" of `trainA` and `A_train`, "seg" of `seg_train`


def words(name: str) -> list[str]:
    """Words and numbers of a name, in lower case: TrainA and train_a are train and a.

    Accents are left out, which a file system may write as letters of their own.
    """
    apart = unicodedata.normalize("NFKD", name)
    name = "".join(one for one in apart if unicodedata.category(one) != "Mn")
    name = unicodedata.normalize("NFC", name)  # Korean letters came apart, too
    glued = _GLUED.fullmatch(name)
    spaced = " ".join(glued.groups()) if glued else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+|\d+", spaced.lower())


def splits(names: Iterable[str]) -> dict[str, Split]:
    """Which of the folders that lie side by side are splits.

    `test_flights` is one beside `train_flights` and a name like others elsewhere. `train_val` is
    what is trained on, unless there is `train`, whose pictures it repeats.
    """
    said = {name: split for name in names if (split := _split(name))}
    kinds: dict[str, set[str]] = {}
    for split in said.values():
        kinds.setdefault(split.rest, set()).add(split.kind)
    return {
        name: split if split.kind != "both" else Split(_of_both(kinds[split.rest]), split.rest)
        for name, split in said.items()
        if (split.rest in {"", *CYCLEGAN} and name.lower() not in BRIEF)
        or len(kinds[split.rest]) > 1
    }


def _of_both(beside: set[str]) -> Kind:
    return "test" if "train" in beside else "train"


def _split(name: str) -> Split | None:
    found = [BRIEF.get(word, word) for word in words(re.sub("(?i)train(?=val)", "train-", name))]
    train, test = TRAIN.intersection(found), TEST.intersection(found)
    if not (train or test) or (train and not test <= VALIDATION):  # train-test-split holds both
        return None
    rest = [word for word in found if word not in TRAIN | TEST | FILLER]
    if all(map(str.isdecimal, rest)):  # train2017, train_1
        rest = []
    kind: Kind = "both" if train and test else "train" if train else "test"
    return Split(kind, " ".join(rest))


def is_shard(name: str) -> bool:
    """Is this a numbered part of one set, as 00012, shard-3 and part_1-of-2 are?"""
    found = words(name)
    numbers = [word for word in found if word.isdecimal()]
    return bool(numbers) and SHARD.issuperset(word for word in found if word not in numbers)


def first_is_source(first: str, second: str) -> bool | None:
    """Whether, going by their names, `first` is the side of the photographs; None: they say not."""
    names = [_said(name) for name in (first, second)]
    for known, means_source in ((PHOTOGRAPHS, True), (PAINTINGS, False)):
        there = [bool(name & known) for name in names]
        if there[0] != there[1]:
            return there[0] == means_source
    return None


def _said(name: str) -> set[str]:
    return {*words(name), *re.findall(r"[a-z]+", name.lower())}


def are_both(names: Iterable[str]) -> bool:
    """Are there, going by their names, photographs and paintings among these?"""
    found = [_said(name) for name in names]
    photographs, paintings = (
        [one for one in found if one & known and not one & other]
        for known, other in ((PHOTOGRAPHS, PAINTINGS), (PAINTINGS, PHOTOGRAPHS))
    )
    return bool(photographs and paintings)


def of_file(name: str) -> Kind | None:
    """The split that a file's name says it is of, as `train_001.jpg` and `x-test.tfrecord` do."""
    found = _split(name.rpartition("/")[2])
    return found and found.kind
