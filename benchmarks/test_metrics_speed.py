"""How fast pictures become features and features a distance: `make speed`."""

import numpy as np
import pytest

from metrics.fid import frechet_distance, gaussian_distance
from metrics.gaussian import Gaussian
from metrics.inception import Extractor

PICTURES = 16


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.mark.parametrize("side", [64, 256])
def test_inception_features(benchmark, extractor, side):
    pictures = np.random.default_rng(0).integers(0, 256, (PICTURES, side, side, 3), dtype=np.uint8)
    benchmark.pedantic(extractor.features, (pictures,), rounds=3, warmup_rounds=1)
    if benchmark.stats:  # none under --benchmark-disable
        benchmark.extra_info["pictures_per_second"] = PICTURES / benchmark.stats["mean"]


def test_distance_of_300_and_300_pictures_from_features(benchmark):
    one, other = np.random.default_rng(0).random((2, 300, 2048), np.float32)
    benchmark.pedantic(frechet_distance, (one, other), rounds=3, warmup_rounds=1)


def test_distance_of_3000_and_3000_pictures_from_statistics(benchmark):
    sides = np.random.default_rng(0).random((2, 3000, 2048), np.float32)
    one, other = (Gaussian.of(side) for side in sides)
    benchmark.pedantic(gaussian_distance, (one, other), rounds=1)
