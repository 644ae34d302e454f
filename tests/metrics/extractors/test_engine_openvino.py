"""OpenVINO gives what torch gives, or one sentence."""

import sys

import numpy as np
import pytest

from metrics.errors import InputError
from metrics.extractors.built_in import LITE0, RANDOM_INCEPTION
from metrics.extractors.extractor import Extractor


def pictures() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def test_openvino_in_fp32_equals_torch_and_is_noted(tmp_path, monkeypatch):
    pytest.importorskip("openvino")
    monkeypatch.chdir(tmp_path)
    extractor = Extractor(RANDOM_INCEPTION, engine="openvino")
    ours, theirs = extractor.features(pictures()), Extractor(RANDOM_INCEPTION).features(pictures())
    assert relative(ours.pool, theirs.pool) < 1e-6
    assert relative(ours.logits, theirs.logits) < 1e-6
    assert (extractor.protocol()["engine"], extractor.protocol()["precision"]) == (
        "openvino",
        "fp32",
    )
    assert not list(tmp_path.iterdir())


def test_openvino_runs_a_depthwise_network_too():
    pytest.importorskip("openvino")
    ours, theirs = (Extractor(LITE0, engine=e).features(pictures()) for e in ("openvino", "torch"))
    assert relative(ours.pool, theirs.pool) < 1e-5


def test_openvino_without_the_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match="openvino is not installed") as caught:
        Extractor(RANDOM_INCEPTION, engine="openvino")
    assert "ganbench[openvino]" in caught.value.hint
