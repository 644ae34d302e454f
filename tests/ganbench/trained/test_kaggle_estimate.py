"""What is said of the score that Kaggle will give."""

from typing import Any

import numpy as np
import pytest

from ganbench.data.sources.file_tree import open_tree
from ganbench.errors import InputError
from ganbench.scoring import find_weights
from ganbench.scoring.find_weights import Found
from ganbench.trained import kaggle_estimate, kaggle_zip, trained_run
from metrics import mifid
from metrics.sample import Sample

from .conftest import draw_folder

pytestmark = pytest.mark.usefixtures("few")


class Eight:
    """Stands for Inception: eight numbers of a picture."""

    name, key, batch, sha256 = "eight", "eight", 2, "0123456789"
    official = True

    def __init__(self, *given: Any, **choices: Any):
        pass

    def protocol(self):
        return {"extractor": self.name, "sha256": self.sha256, "official": self.official}

    def features(self, pictures, on_progress=None):
        flat = np.asarray(pictures).reshape(len(pictures), -1, 3).astype(np.float32)
        return Sample(np.concatenate([flat.mean(1), flat.std(1), flat[:, 0, :2]], 1))


@pytest.fixture
def inception(monkeypatch, tmp_path):
    monkeypatch.setattr("metrics.extractors.extractor.Extractor", Eight)
    monkeypatch.setattr("ganbench.scoring.lazy_extractor.Identity", Eight)
    file = tmp_path / "weights.pth"
    file.write_bytes(b"1")
    monkeypatch.setattr(find_weights, "find", lambda *_: Found(file, "option"))
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return Eight


@pytest.fixture
def zipped(tmp_path):
    place = draw_folder(tmp_path / "mine", 3)
    path = tmp_path / "images.zip"
    names = [f"{i}.png" for i in range(3)]
    kaggle_zip.write(path, names, open_tree(str(place)), False, lambda *_: None)
    return path


def test_it_is_the_metrics_own_number_and_said_to_be_ours(inception, zipped, tmp_path):
    place = draw_folder(tmp_path / "paintings", 4, seed=5)
    wish = kaggle_estimate.Wish(paintings=str(place))
    guess = kaggle_estimate.estimate(zipped, None, wish, lambda *_: None)
    tree, real = open_tree(str(zipped)), open_tree(str(place))
    from ganbench.data.sources.decode import decode_whole

    sides = [
        Eight().features(np.stack([decode_whole(t.read(name)) for name in t.names]))
        for t in (tree, real)
    ]
    assert guess.result and guess.result.value == pytest.approx(mifid.measure(*sides).value)
    assert guess.sentence.startswith("MiFID ")
    assert "our estimate against the 4 paintings" in guess.sentence
    assert "Kaggle holds other paintings back" in guess.sentence


def test_by_default_the_paintings_it_was_trained_on(trained_on, inception, zipped):
    run = trained_run.find(str(trained_on()))
    guess = kaggle_estimate.estimate(zipped, run, kaggle_estimate.Wish(), lambda *_: None)
    assert guess.result and guess.count == 8 and "8 paintings in monet" in guess.sentence


def test_no_other_network_makes_a_number(inception, zipped, tmp_path, monkeypatch):
    monkeypatch.setattr(Eight, "official", False)
    wish = kaggle_estimate.Wish(paintings=str(draw_folder(tmp_path / "paintings", 4, seed=5)))
    guess = kaggle_estimate.estimate(zipped, None, wish, lambda *_: None)
    assert guess.sentence.startswith("no MiFID estimate: MiFID is defined on the official")


def test_without_weights_or_paintings_a_sentence_says_so(zipped, made, tmp_path):
    place = str(draw_folder(tmp_path / "paintings", 4))
    said = {
        kaggle_estimate.estimate(zipped, run, wish, lambda *_: None).sentence
        for run, wish in (
            (None, kaggle_estimate.Wish(paintings=place)),
            (None, kaggle_estimate.Wish()),
            (trained_run.find(str(made("dcgan"))), kaggle_estimate.Wish()),
        )
    }
    assert len(said) == 3 and all(one.startswith("no MiFID estimate: ") for one in said)
    (weights,) = (one for one in said if "ganbench prepare" in one)
    assert f"ganbench score {zipped} PAINTINGS" in weights


def test_what_was_named_must_be_there(tmp_path):
    for wish in (
        kaggle_estimate.Wish(paintings=str(tmp_path / "no")),
        kaggle_estimate.Wish(inception_weights=tmp_path / "no"),
    ):
        with pytest.raises(InputError):
            kaggle_estimate.check(wish)
