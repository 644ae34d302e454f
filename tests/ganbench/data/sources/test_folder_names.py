import pytest

from ganbench.data.sources.folder_names import Split, first_is_source, is_shard, splits


@pytest.mark.parametrize(
    "name",
    [
        "train",
        "Training",
        "TRAIN",
        "train2017",
        "train_1",
        "train_images",
        "trainset",
        "trainval",
        "TrainVal",
        "train_val",
        "trn",
        "entraînement",
        "entrai\u0302nement",
        "训练集",
        "훈련",
    ],
)
def test_a_training_split_is_known_however_it_is_spelled(name: str) -> None:
    assert splits([name]) == {name: Split("train", "")}


@pytest.mark.parametrize(
    "name",
    [
        "test",
        "Testing",
        "val",
        "VALID",
        "validation",
        "eval",
        "dev",
        "val2017",
        "test_img",
        "Validate",
        "tst",
        "prueba",
        "テスト",
        "테스트",
    ],
)
def test_any_other_split_is_none_to_train_on(name: str) -> None:
    assert splits([name]) == {name: Split("test", "")}


@pytest.mark.parametrize("name", ["trainA", "train_A", "train-a", "TrainA", "traina", "A_train"])
def test_cyclegans_letters_are_found_on_either_side(name: str) -> None:
    assert splits([name]) == {name: Split("train", "a")}


def test_a_longer_name_is_a_split_only_beside_its_counterpart() -> None:
    assert splits(["train_station", "val_disere", "latest", "trains"]) == {}
    assert splits(["seg_train", "seg_test", "seg_pred"]).keys() == {"seg_train", "seg_test"}


def test_training_and_validation_together_are_trained_on_unless_there_is_training_alone() -> None:
    assert splits(["train_valid", "test"])["train_valid"].kind == "train"
    assert splits(["train", "train_valid", "test"])["train_valid"].kind == "test"
    assert splits(["train_valid_test", "train+test"]) == {}


def test_two_letters_are_a_split_beside_its_counterpart_alone() -> None:
    assert splits(["tr", "te"]) == {"tr": Split("train", ""), "te": Split("test", "")}
    assert splits(["tr", "photos"]) == splits(["te", "ts"]) == {}


@pytest.mark.parametrize("name", ["0", "00012", "shard-00", "part_1", "batch3", "part-1-of-2"])
def test_a_numbered_part_is_one(name: str) -> None:
    assert is_shard(name)


@pytest.mark.parametrize("name", ["n01440764", "style1", "part", "photo_1", "2B", ""])
def test_a_name_beside_the_number_is_no_part(name: str) -> None:
    assert not is_shard(name)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("art", "photos", False),
        ("myPhotos", "x", True),
        ("monet", "x", False),
        ("x", "VanGogh", True),
        ("cats", "dogs", None),
        ("photo", "photo2", None),
    ],
)
def test_names_say_which_side_is_which_or_they_do_not(first: str, second: str, said) -> None:
    assert first_is_source(first, second) is said
