import numpy as np
import pytest

from metrics import registry, scoring
from metrics.mifid import nearest_distance
from metrics.sample import Sample


def features(seed: int, count: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)


def test_it_is_mifids_distance_on_any_features():
    metric = registry.get("memorization_distance")
    ours, theirs = features(0), features(1)
    found = metric.measure(Sample(pool=ours), Sample(pool=theirs)).value
    assert found == nearest_distance(ours, theirs) and 0.1 < found < 1


def test_copies_are_at_0_whatever_their_brightness():
    metric = registry.get("memorization_distance")
    real = features(1)
    for copies in (real[::-1], 3 * real[:5]):
        found = metric.measure(Sample(pool=copies), Sample(pool=real)).value
        assert found == pytest.approx(0, abs=1e-6)


def test_it_has_an_error_over_pictures():
    metric = registry.get("memorization_distance")
    found = scoring.measure(metric, Sample(pool=features(0)), Sample(pool=features(1)))
    assert found.error is not None and 0 < found.error < found.value
