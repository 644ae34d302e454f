"""How fast pictures become features, and features a distance: `make speed`.

Features are made in turns with torch-fidelity's network, so that what else the machine does slows
both: read the ratio, not the speed.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from metrics.extractors.built_in import LITE0, RANDOM_INCEPTION
from metrics.extractors.extractor import Extractor
from metrics.extractors.weights import random_tensors
from metrics.fid import frechet_distance, gaussian_distance
from metrics.gaussian import Gaussian

PICTURES = 16
TURNS = 4


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Callable[[np.ndarray], list[torch.Tensor]]:
    """torch-fidelity's network under the same random weights: uint8 N H W 3 -> its outputs."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    file = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(random_tensors(), file)
    network = FeatureExtractorInceptionV3(
        "speed", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(file)
    )

    def features(pictures: np.ndarray) -> list[torch.Tensor]:
        with torch.inference_mode():
            return network(torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous())

    return features


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("precision", "engine"),
    [("fp32", "torch"), ("bf16", "torch"), ("fp32", "openvino"), ("bf16", "openvino")],
)
def test_inception_features(benchmark, reference, precision, engine):
    if engine == "openvino":
        pytest.importorskip("openvino")
    extractor = Extractor(RANDOM_INCEPTION, precision=precision, engine=engine)
    generator = np.random.default_rng(0)
    pictures = generator.integers(0, 256, (PICTURES, 256, 256, 3), dtype=np.uint8)
    reference(pictures)
    extractor.features(pictures)
    theirs: list[float] = []

    def setup() -> None:
        theirs.append(seconds(lambda: reference(pictures)))

    benchmark.pedantic(extractor.features, (pictures,), setup=setup, rounds=TURNS)
    if benchmark.stats:  # none under --benchmark-disable
        ours = benchmark.stats.stats.data
        told = benchmark.extra_info
        told["pictures_per_second"] = PICTURES / min(ours)
        told["torch_fidelity_pictures_per_second"] = PICTURES / min(theirs)
        told["ratio_of_best"] = min(theirs) / min(ours)
        told["ratio_of_medians"] = statistics.median(theirs) / statistics.median(ours)


def test_lite0_features(benchmark):
    """Lite0 in turns with our own Inception in fp32; the goal is five times as many pictures."""
    generator = np.random.default_rng(0)
    pictures = generator.integers(0, 256, (4 * PICTURES, 256, 256, 3), dtype=np.uint8)
    lite, inception = Extractor(LITE0), Extractor(RANDOM_INCEPTION)
    lite.features(pictures)
    theirs: list[float] = []

    def setup() -> None:
        theirs.append(seconds(lambda: inception.features(pictures[:PICTURES])))

    benchmark.pedantic(lite.features, (pictures,), setup=setup, rounds=TURNS)
    if benchmark.stats:
        ours = statistics.median(benchmark.stats.stats.data) / len(pictures)
        told = benchmark.extra_info
        told["pictures_per_second"] = 1 / ours
        told["times_inception"] = statistics.median(theirs) / PICTURES / ours


def test_distance_of_300_and_300_pictures_from_features(benchmark):
    one, other = np.random.default_rng(0).random((2, 300, 2048), np.float32)
    benchmark.pedantic(frechet_distance, (one, other), rounds=3, warmup_rounds=1)


def test_distance_of_3000_and_3000_pictures_from_statistics(benchmark):
    sides = np.random.default_rng(0).random((2, 3000, 2048), np.float32)
    one, other = (Gaussian.of(side) for side in sides)
    benchmark.pedantic(gaussian_distance, (one, other), rounds=1)
