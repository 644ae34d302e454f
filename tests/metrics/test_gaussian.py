import numpy as np
import pytest

from metrics import gaussian
from metrics.errors import InputError
from metrics.gaussian import Gaussian


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(5, 2, (101, 6)).astype(np.float32)


def test_agrees_with_numpy_on_mean_and_covariance_with_n_minus_1(features):
    wide = features.astype(np.float64)
    result = Gaussian.of(features)
    assert result.count == 101
    np.testing.assert_allclose(result.mean, wide.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(result.covariance, np.cov(wide, rowvar=False), rtol=1e-12)


def test_shards_add_up_to_the_whole_in_any_grouping(features):
    whole = Gaussian.of(features)
    a, b, c = (Gaussian.of(part) for part in np.split(features, [10, 37]))
    for merged in ((a + b) + c, a + (c + b), Gaussian.empty(6) + c + a + b + Gaussian.empty(6)):
        assert merged.count == whole.count
        np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-13)
        np.testing.assert_allclose(merged.scatter, whole.scatter, rtol=1e-11, atol=1e-10)


def test_the_size_of_the_blocks_it_reads_does_not_matter(features, monkeypatch):
    whole = Gaussian.of(features)
    monkeypatch.setattr(gaussian, "BLOCK", 7)
    np.testing.assert_allclose(Gaussian.of(features).scatter, whole.scatter, rtol=1e-11, atol=1e-10)


def test_a_large_mean_costs_no_digits(features):
    far = Gaussian.of(features.astype(np.float64) + 1e6)
    np.testing.assert_allclose(far.covariance, Gaussian.of(features).covariance, rtol=1e-7)


def test_one_picture_has_no_covariance(features):
    with pytest.raises(InputError, match="at least 2 pictures, here are 1"):
        _ = Gaussian.of(features[:1]).covariance


def test_a_nan_is_refused(features):
    features[3, 3] = np.nan
    with pytest.raises(InputError, match="NaN"):
        Gaussian.of(features)
