"""`metrics.score`: arrays in, results out."""

import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest

import metrics
from metrics import compare, registry
from metrics.errors import InputError
from metrics.extractors import extractor
from metrics.fid import frechet_distance
from metrics.sample import Moments, Sample

PLUGIN = """
from metrics.registry import Measurement, Metric

def measure(generated, real):
    return Measurement(float(generated.pixels().mean()) - float(real.pixels().mean()))

LIGHTER = Metric(name="lighter", title="Lighter", short="lighter", needs=("pictures",),
    better="lower", unit="grey levels", protocol={}, version=1, measure=measure)
"""


class EightNumbers:
    """Stands in for the network; remembers what it was asked to be."""

    official, name, key, batch = True, "eight", "eight", 4
    made: ClassVar[list[dict]] = []

    def __init__(self, spec, weights, device, **choices):
        self.made.append({"weights": weights, "device": device, **choices})

    def protocol(self):
        return {"extractor": self.name}

    def features(self, pictures, on_progress=None):
        flat = pictures.reshape(len(pictures), -1, 3).astype(np.float32)
        return Sample(np.concatenate([flat.mean(1), flat.std(1), flat[:, 0, :2]], 1))


@pytest.fixture
def eight(monkeypatch):
    monkeypatch.setattr(extractor, "Extractor", EightNumbers)
    EightNumbers.made.clear()
    return EightNumbers


@pytest.fixture
def plugin(tmp_path):
    file = tmp_path / "lighter.py"
    file.write_text(PLUGIN)
    return file


def pictures(seed: int, count: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


def test_the_numbers_are_those_of_the_metrics_themselves(eight):
    fake, real = pictures(0), pictures(1)
    found = metrics.score(fake, real, ["fid", "kid"])
    looked = [EightNumbers(None, None, "cpu").features(side).pool for side in (fake, real)]
    assert found["fid"].value == frechet_distance(*looked)
    assert (found["fid"].count, found["fid"].reference_count) == (12, 12)
    assert found["kid"].error > 0


def test_the_first_argument_is_the_generated_one(plugin):
    dark, light = np.zeros((2, 4, 4, 3), np.uint8), np.full((3, 4, 4, 3), 200, np.uint8)
    found = metrics.score(light, dark, ["lighter"], plugins=[plugin])
    assert found["lighter"].value == 200
    assert (found["lighter"].count, found["lighter"].reference_count) == (3, 2)


def test_choices_reach_the_extractor(eight, tmp_path):
    metrics.score(
        *(pictures(0), pictures(1)),
        ["fid"],
        weights=str(tmp_path / "w.pth"),
        device="cuda",
        protocol="clean",
        precision="bf16",
        engine="openvino",
        errors=False,
    )
    (made,) = eight.made
    assert made == {
        "weights": tmp_path / "w.pth",
        "device": "cuda",
        "resize": "clean",
        "precision": "bf16",
        "engine": "openvino",
    }


def test_without_a_metric_that_needs_one_no_extractor_is_built(eight, plugin):
    metrics.score(pictures(0), pictures(1), ["lighter"], plugins=[plugin])
    assert eight.made == []


def given(seed: int) -> Sample:
    return Sample(
        np.random.default_rng(seed).random((9, 8), np.float32), pictures=pictures(seed, 9)
    )


def test_given_features_are_not_made_again_and_never_give_the_published_name(eight, tmp_path):
    sides = given(0), given(1)
    found = metrics.score(*sides, ["fid", "kid", "mifid"], weights=tmp_path / "official.pth")
    assert eight.made == []
    assert list(found) == ["given_features_fd", "given_features_kd", "given_features_mifd"]
    fd = found["given_features_fd"]
    assert fd.value == frechet_distance(sides[0].pool, sides[1].pool)
    assert fd.title == "given features FD"
    assert fd.protocol["extractor"] == "given features"
    assert "official Inception features only" in found["given_features_mifd"].note


@pytest.mark.parametrize("bring", [(0,), (1,)])
def test_given_features_on_one_side_only_are_one_sentence(eight, bring):
    generated, real = (given(i) if i in bring else pictures(i) for i in (0, 1))
    with pytest.raises(InputError, match="two extractors would be compared"):
        metrics.score(generated, real, ["fid"])
    assert eight.made == []


def test_a_side_with_nothing_to_look_at_is_one_sentence(eight):
    with pytest.raises(InputError, match="real side has neither pictures nor features"):
        metrics.score(pictures(0), Sample(truth=pictures(1)), ["fid"])
    logits = Sample(logits=np.ones((9, 5), np.float32))
    with pytest.raises(InputError, match="real side brings no pooled features"):
        metrics.score(given(0), logits, ["fid"])


def test_of_given_features_the_moments_of_the_real_ones_are_enough_for_some(eight):
    real = given(1).pool
    moments = Moments(9, real.mean(0), np.cov(real, rowvar=False))
    found = metrics.score(given(0), Sample(moments=moments), ["fid", "kid"])
    assert found["given_features_fd"].value == pytest.approx(frechet_distance(given(0).pool, real))
    assert found["given_features_kd"].value is None
    assert "only the mean and covariance" in found["given_features_kd"].note
    with pytest.raises(InputError, match="only the real side brings features"):
        metrics.score(pictures(0), Sample(moments=moments), ["fid"])


def test_all_are_those_that_two_sets_of_pictures_can_be_asked_for(plugin):
    found = [metric.name for metric in compare.choose(["all"], [plugin])]
    assert {"fid", "is", "mesh", "lighter"} <= set(found) and set(compare.USUAL) <= set(found)
    assert not {"input_change", "cycle_error", "truth_error"} & set(found)


def test_a_metric_of_pixels_does_not_mind_features_on_one_side(plugin):
    found = metrics.score(given(0), pictures(1), ["lighter"], plugins=[plugin])
    assert list(found) == ["lighter"]


def test_what_is_named_beside_all_is_measured_too_and_in_its_place():
    every = [metric.name for metric in compare.choose(["all"])]
    assert "input_change" not in every
    found = [metric.name for metric in compare.choose(["mifid", "all", "input_change"])]
    assert found == ["mifid", *(name for name in every if name != "mifid"), "input_change"]


def test_the_usual_metrics_are_all_registered(eight):
    assert set(compare.USUAL) <= set(registry.BUILT_IN)
    assert compare.USUAL[0] == "fid"


def test_a_metric_asked_for_twice_is_measured_once(eight):
    assert list(metrics.score(pictures(0), pictures(1), ["fid", "fid"])) == ["fid"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"generated": np.zeros((4, 8, 8, 3), np.float32)}, "generated pictures must be uint8"),
        ({"real": np.zeros((4, 8, 8), np.uint8)}, "real pictures must be"),
        ({"real": np.zeros((4, 3, 8, 8), np.uint8)}, "real pictures must be"),
        ({"generated": np.zeros((0, 8, 8, 3), np.uint8)}, "generated pictures must be"),
        ({"metrics": ["fidd"]}, "no metric 'fidd'"),
        ({"metrics": []}, "no metric is asked for"),
        ({"protocol": "bicubic"}, "no protocol 'bicubic'"),
        ({"precision": "fp8"}, "no precision 'fp8'"),
        ({"engine": "onnx"}, "no engine 'onnx'"),
    ],
)
def test_bad_input_is_one_sentence(eight, change, words):
    given = {"generated": pictures(0), "real": pictures(1), "metrics": ["fid"]} | change
    with pytest.raises(InputError, match=words):
        metrics.score(**given)
    assert eight.made == []


def test_importing_metrics_imports_no_torch_and_neither_does_a_metric_without_it(plugin):
    code = f"""
import sys
import metrics
assert "torch" not in sys.modules and "numpy" not in sys.modules
import numpy as np
sides = np.zeros((2, 4, 4, 4, 3), np.uint8)
metrics.score(*sides, ["lighter"], plugins=[{str(plugin)!r}])
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_there_is_nothing_else_to_have_from_the_package():
    with pytest.raises(AttributeError, match="no attribute 'compere'"):
        metrics.compere  # noqa: B018
