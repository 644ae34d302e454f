"""EfficientNet-Lite: the published network, plain and as it runs."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from metrics.extractors import efficientnet, engine_torch, weights
from metrics.extractors.built_in import LITE0, LITE2
from metrics.extractors.engine_torch import TorchEngine
from metrics.extractors.extractor import Extractor
from metrics.extractors.fuse import derive
from metrics.extractors.resize import bicubic


@pytest.fixture(scope="module", params=["lite0", "lite2"])
def variant(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def spec(variant):
    return {"lite0": LITE0, "lite2": LITE2}[variant]


@pytest.fixture(scope="module")
def file(spec) -> Path:
    found = spec.release.packaged()
    if found is None:
        pytest.skip(f"{spec.release.package} is not installed")
    return found


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


@pytest.fixture(scope="module")
def shown(spec, pictures) -> torch.Tensor:
    """The pictures as the network is shown them."""
    floats = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    return (bicubic(floats, spec.side) - 127) / 128


@pytest.fixture(scope="module")
def expected(variant, file, shown) -> np.ndarray:
    """Features of the package whose network the weights were published with."""
    reference = pytest.importorskip("efficientnet_lite_pytorch").EfficientNet
    published = reference.from_pretrained(f"efficientnet-{variant}", weights_path=str(file)).eval()
    with torch.inference_mode():
        return published.extract_features(shown).mean((2, 3)).numpy()


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def network(file, variant, spec):
    shapes = efficientnet.shapes(variant)
    return efficientnet.network(weights.read(file, shapes, "it", spec.release), variant)


def test_the_plain_network_is_the_published_one(variant, spec, file, shown, expected):
    with torch.inference_mode():
        assert relative(network(file, variant, spec)(shown).numpy(), expected) < 1e-6


@pytest.mark.parametrize("one_dnn", [True, False])
def test_what_runs_is_the_published_network(
    one_dnn, variant, spec, file, shown, expected, monkeypatch
):
    if one_dnn and not engine_torch._has_one_dnn(torch.float32):
        pytest.skip("torch has no oneDNN operators here")
    monkeypatch.setattr(engine_torch, "_has_one_dnn", lambda dtype: one_dnn)
    fast = derive(network(file, variant, spec))
    engine = TorchEngine(fast, torch.device("cpu"), "fp32", spec.side)
    assert relative(engine(shown), expected) < 1e-5


def test_batch_order_and_threads_change_only_rounding(spec, file, pictures, monkeypatch):
    extractor = Extractor(spec)
    whole = extractor.features(pictures).pool
    assert whole.shape == (5, spec.features) and whole.dtype == np.float32
    for batch, workers in ((1, 1), (2, 2), (5, 1)):
        monkeypatch.setattr(extractor, "batch", batch)
        monkeypatch.setattr(extractor._engine, "workers", workers)
        assert relative(extractor.features(pictures).pool, whole) < 1e-6
    assert relative(extractor.features(pictures[::-1]).pool[::-1], whole) < 1e-6


@pytest.mark.parametrize(
    ("side", "kernel", "stride"), [(224, 3, 2), (56, 5, 2), (65, 5, 2), (7, 3, 1)]
)
def test_padding_gives_tensorflows_sizes(side, kernel, stride):
    before, after = efficientnet.same(side, kernel, stride)
    padded = F.pad(torch.zeros(1, 1, side, side), (before, after, before, after))
    made = F.conv2d(padded, torch.zeros(1, 1, kernel, kernel), stride=stride)
    assert made.shape[-1] == -(-side // stride) and after - before in (0, 1)
