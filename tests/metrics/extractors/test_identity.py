"""What an extractor is called."""

import subprocess
import sys

import pytest

from metrics.extractors.built_in import INCEPTION, LITE0, RANDOM_INCEPTION
from metrics.extractors.identity import Identity

PUBLISHED = INCEPTION.release.sha256
SHA256 = RANDOM_INCEPTION.sha256


@pytest.mark.parametrize(
    ("spec", "sha256", "precision", "official", "name", "key"),
    [
        (INCEPTION, PUBLISHED, "fp32", True, "Inception 2015-12-05", "inception"),
        (INCEPTION, PUBLISHED, "bf16", False, "Inception 2015-12-05 bf16", "inception_bf16"),
        (INCEPTION, "ab" * 32, "fp32", False, "Inception (weights abababab)", "inception_abababab"),
        (RANDOM_INCEPTION, SHA256, "fp32", False, "random-Inception", "random_inception"),
        (RANDOM_INCEPTION, SHA256, "bf16", False, "random-Inception bf16", "random_inception_bf16"),
        (LITE0, LITE0.release.sha256, "fp32", False, "Lite0", "lite0"),
    ],
)
def test_the_name_follows_from_weights_and_precision(spec, sha256, precision, official, name, key):
    named = Identity(spec, sha256, precision=precision)
    assert (named.official, named.name, named.key) == (official, name, key)


def test_a_network_with_one_resize_has_no_choice():
    assert Identity(LITE0, "", "clean").protocol()["resize"] == "bicubic 224 with antialias"


def test_a_choice_is_part_of_the_protocol():
    plain = Identity(RANDOM_INCEPTION, SHA256).protocol()
    assert plain == {
        "extractor": "random-Inception",
        "sha256": SHA256,
        "resize": "TF1 bilinear 299",
        "precision": "fp32",
        "engine": "torch",
        "tf32": "off",
        "extractor_version": 2,
    }
    others = [
        Identity(RANDOM_INCEPTION, SHA256, **{name: other}).protocol()
        for name, other in (("resize", "clean"), ("precision", "bf16"), ("engine", "openvino"))
    ]
    assert all(other != plain for other in others)


def test_a_name_needs_no_torch():
    code = "import sys, metrics.extractors.built_in; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
