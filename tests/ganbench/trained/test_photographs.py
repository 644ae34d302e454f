"""Photographs that people bring."""

import pytest

from ganbench.errors import InputError
from ganbench.trained import photographs as found


def test_names_are_kept_but_for_the_ending_and_never_taken_twice(photographs, tmp_path):
    listed = found.find(str(photographs), ".png", tmp_path)
    names = dict(listed.names)
    assert names["sub/turned.jpg"] == "sub/turned.png"
    assert {names["a.jpg"], names["a.png"]} == {"a.png", "a-2.png"}
    assert listed.title == photographs.name and listed.place == photographs


def test_one_picture_is_a_set_of_one(photographs, tmp_path):
    listed = found.find(str(photographs / "a.png"), ".jpg", tmp_path)
    assert listed.names == (("a.png", "a.jpg"),) and listed.title == "a"


def test_a_text_is_no_picture(photographs, tmp_path):
    with pytest.raises(InputError):
        found.find(str(photographs / "notes.txt"), ".jpg", tmp_path)


@pytest.mark.tensorflow
def test_the_pictures_of_tfrecords_come_by_way_of_a_zip(photographs, tmp_path):
    from ganbench.data.convert import convert

    convert(None, str(photographs), None, "tfrecord", tmp_path / "records")
    (tmp_path / "scratch").mkdir()
    listed = found.find(str(tmp_path / "records"), ".jpg", tmp_path / "scratch")
    assert len(listed.names) == 4 and listed.place.suffix == ".zip"
    assert "sub/turned.jpg" in dict(listed.names).values()
