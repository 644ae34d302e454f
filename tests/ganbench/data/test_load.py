import os
import subprocess
import sys

import numpy as np
import pytest

from ganbench.data import recipes, scenes
from ganbench.data.load import find, load, prepare, truth
from ganbench.data.sources import layout
from ganbench.errors import InputError


@pytest.mark.parametrize("size", [0, -64, 8, 2048, 64.0, True, "64"])
def test_a_size_that_is_no_whole_number_in_range_is_refused(size) -> None:
    with pytest.raises(InputError, match="not a whole number from 16 to 1024"):
        load(None, None, None, size)


def test_source_and_target_are_loaded_each_from_its_own_place(make_set) -> None:
    pair = load(None, str(make_set("a", 2)), str(make_set("b", 3)), 16)
    assert (len(pair.source.pictures), len(pair.target.pictures)) == (2, 3)
    assert pair.target.title == "b"


@pytest.mark.parametrize(
    ("data", "source", "target", "sentence"),
    [
        ("d", "s", None, "--data names both sides"),
        ("d", "s", "t", "--data names both sides"),
        (None, "s", None, "--source is given without --target"),
        (None, None, "t", "--target is given without --source"),
    ],
)
def test_options_that_exclude_each_other_are_refused(data, source, target, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load(data, source, target, 64)


def test_the_embedded_set_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "COUNTS", {"photo": 3, "painting": 2})
    pair = load(None, None, None, 32)
    assert load("scenes", None, None, 32).target.folder == pair.target.folder
    assert (pair.source.title, pair.target.title) == ("scenes: photographs", "scenes: paintings")
    assert np.array_equal(pair.source.pictures[2], scenes.photo(2, 32))
    assert np.array_equal(pair.target.pictures[1], scenes.painting(1, 32))


def test_a_new_version_of_the_embedded_set_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipes.embedded("photo", 32).fingerprint
    monkeypatch.setattr(scenes, "VERSION", scenes.VERSION + 1)
    assert recipes.embedded("photo", 32).fingerprint != before


def test_one_embedded_side_goes_with_ones_own_pictures(
    make_set, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "COUNTS", {"photo": 2, "painting": 2})
    pair = load(None, "scenes", str(make_set("mine")), 32)
    assert (pair.source.title, pair.target.title) == ("scenes: photographs", "mine")


def test_the_true_paintings_of_embedded_photographs_are_known_in_any_order(monkeypatch) -> None:
    monkeypatch.setattr(scenes, "COUNTS", {"photo": 5, "painting": 2})
    pair = load("scenes", None, None, 32)
    found = truth(pair.source, [3, 0])
    assert found is not None and found.names == ("truth-0003", "truth-0000")
    np.testing.assert_array_equal(found.pictures[0], scenes.pair(3, 32)[1])
    assert truth(pair.target, [0]) is None


def test_nobody_knows_the_true_paintings_of_other_photographs(two_domains) -> None:
    assert truth(load(str(two_domains), None, None, 32).source, [0]) is None


def test_one_set_is_enough_for_models_from_noise(make_set) -> None:
    folder = make_set("pets/cats", 2).parent
    make_set("pets/dogs", 3), make_set("pets/test", 4)
    for data, target in ((str(folder), None), (None, str(folder))):
        pair = prepare(find(data, None, target, noise_only=True), 16)
        assert (pair.source, len(pair.target.pictures)) == (None, 5)
        assert pair.left_alone == pair.target.describe()["left_alone"] == ["test (4)"]
        assert pair.domains == [pair.target]


def test_models_from_noise_have_the_embedded_sides_and_those_that_names_tell(two_domains) -> None:
    assert find(None, None, None, noise_only=True) == ("photo", "painting")
    source, _ = find(str(two_domains), None, None, noise_only=True)
    assert source == layout.two_sets(str(two_domains))[0]


@pytest.mark.parametrize(("source", "swap"), [(True, False), (False, True)])
def test_a_set_that_is_no_target_is_refused(make_set, source: bool, swap: bool) -> None:
    folder = str(make_set("d"))
    data = None if source else folder
    with pytest.raises(InputError, match=r"without --target|exchanges two sets") as caught:
        find(data, folder if source else None, None, swap, noise_only=True)
    assert caught.value.hint in (f"--target {folder}, for models from noise", "leave --swap away")


def test_a_split_in_the_folder_changes_nothing_but_what_is_told(make_set) -> None:
    make_set("d/train", 3), make_set("d/test", 2)
    train, other = make_set("d/train"), str(make_set("s"))
    whole, split = (load(None, other, str(path), 16).target for path in (train.parent, train))
    assert whole.fingerprint == split.fingerprint
    assert (whole.left_alone, split.left_alone) == (("test (2)",), ())


def test_a_script_without_a_guard_is_run_once(tmp_path):
    """The processes that draw do not run it, in which each would wait for the other."""
    script = tmp_path / "mine.py"
    script.write_text("from ganbench.data import load; load.load(None, None, None, 32); print(1)")
    ended = subprocess.run(
        [sys.executable, script],
        env=os.environ | {"GANBENCH_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout.split()) == (0, ["1"]), ended.stderr
