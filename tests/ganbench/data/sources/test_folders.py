import pytest

from ganbench.data.sources import folders


@pytest.mark.parametrize(
    ("there", "kept", "left"),
    [
        (["train/1", "test/2"], ["train/1"], ("test (1)",)),
        (["train/1", "val/2", "x/3", "4"], ["train/1"], ("val (1)", "x (1)", "1 lying beside")),
        (["a/train/1", "a/val/2", "b/3"], ["a/train/1", "b/3"], ("a/val (1)",)),
        (["1", "test/2"], ["1"], ("test (1)",)),
        (["bus/1", "train/2"], ["bus/1", "train/2"], ()),
        (["train_1/1", "train_2/2", "dev/3"], ["train_1/1", "train_2/2"], ("dev (1)",)),
        (["0/train/1", "1/train/2", "1/test/3"], ["0/train/1", "1/train/2"], ("1/test (1)",)),
        (["test/1", "val/2"], [], ("test (1)", "val (1)")),
    ],
)  # fmt: skip
def test_one_set_is_all_but_its_test_splits(there, kept, left) -> None:
    place, names = folders.training(folders.read(there))
    assert (names, place.left) == (kept, left)


def test_the_folders_way_begins_where_its_training_split_does() -> None:
    assert folders.training(folders.read(["train/a/1", "test/2"]))[0].prefix == "train/"
    assert folders.training(folders.read(["a/train/1", "a/test/2"]))[0].prefix == ""


def test_folders_of_one_name_are_one_and_lie_in_what_holds_them_all() -> None:
    whole = folders.read(["x/0/a/1", "x/1/a/2", "x/1/b/3"])
    parts = whole.into(["x"]).into(["0", "1"])
    assert list(parts.folders) == ["a", "b"]
    assert (parts.folders["a"].loose, parts.folders["a"].prefix) == (["x/0/a/1", "x/1/a/2"], "x/")


def test_thousands_of_folders_in_folders_are_no_trouble() -> None:
    deep = "a/" * 5000 + "1"
    assert folders.training(folders.read([deep, "b/1"]))[1] == [deep, "b/1"]
