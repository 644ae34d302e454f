"""What an extractor is called."""

import subprocess
import sys

import pytest

from metrics.extractors.identity import Identity
from metrics.extractors.random_weights import SHA256
from metrics.extractors.release import INCEPTION


@pytest.mark.parametrize(
    ("sha256", "precision", "official", "name", "key"),
    [
        (INCEPTION.sha256, "fp32", True, "Inception 2015-12-05", "inception"),
        (INCEPTION.sha256, "bf16", False, "Inception 2015-12-05 bf16", "inception_bf16"),
        (SHA256, "fp32", False, "random-Inception", "random_inception"),
        (SHA256, "bf16", False, "random-Inception bf16", "random_inception_bf16"),
        ("ab" * 32, "fp32", False, "Inception (weights abababab)", "inception_abababab"),
    ],
)
def test_the_name_follows_from_weights_and_precision(sha256, precision, official, name, key):
    named = Identity(sha256, precision=precision)
    assert (named.official, named.name, named.key) == (official, name, key)


def test_a_choice_is_part_of_the_protocol():
    plain = Identity(SHA256).protocol()
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
        Identity(SHA256, **{name: other}).protocol()
        for name, other in (("resize", "clean"), ("precision", "bf16"), ("engine", "openvino"))
    ]
    assert all(other != plain for other in others)


def test_a_name_needs_no_torch():
    code = "import sys, metrics.extractors.identity; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
