"""The zip itself."""

import zipfile

import numpy as np
import pytest

from ganbench.data.sources.file_tree import open_tree
from ganbench.errors import InputError
from ganbench.trained import kaggle_zip

from .conftest import draw_folder

pytestmark = pytest.mark.usefixtures("few")


def test_an_older_zip_stays_when_the_new_one_cannot_be(tmp_path):
    path = tmp_path / "images.zip"
    path.write_text("the older one")
    place = draw_folder(tmp_path / "mine", 2)
    names = ["0.png", "1.png"]
    with pytest.raises(InputError, match="was not written: it holds 2 pictures"):
        kaggle_zip.write(path, names, open_tree(str(place)), False, lambda *_: None)
    assert path.read_text() == "the older one"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images.zip", "mine"]


def test_names_that_become_the_same_stay_apart_and_times_do_not_count(tmp_path):
    class Source:
        def read(self, name):
            value = b"%c" % len(name) * (256 * 256 * 3)
            return b"P6 256 256 255\n" + value

    names, zips = ["a.png", "A.JPG", "sub/a.png", "sub-a.png"], []
    for number in range(2):
        path = tmp_path / f"{number}.zip"
        packed = kaggle_zip.write(path, names, Source(), False, lambda *_: None)
        zips.append(path.read_bytes())
    assert packed.count == 4 and zips[0] == zips[1]
    with zipfile.ZipFile(tmp_path / "0.zip") as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}
    tree = open_tree(str(tmp_path / "0.zip"))
    assert set(tree.names) == {"a.jpg", "A-2.jpg", "sub-a.jpg", "sub-a-2.jpg"}
    assert np.all([tree.read(name)[:2] == b"\xff\xd8" for name in tree.names])
