import numpy as np
import pytest

from metrics import diversity as module
from metrics.diversity import DIVERSITY, diversity
from metrics.errors import InputError
from metrics.jackknife import standard_error
from metrics.sample import Sample

GENERATOR = np.random.default_rng(3)


def normal(count: int, dimension: int = 16) -> np.ndarray:
    return GENERATOR.normal(size=(count, dimension))


def test_it_is_the_root_of_the_ratio_of_covariance_traces():
    a, b = normal(30) * np.linspace(1, 3, 16), normal(40) + 5
    expected = np.sqrt(np.trace(np.cov(a.T)) / np.trace(np.cov(b.T)))
    assert diversity(a, b)[0] == pytest.approx(expected, rel=1e-12)


def test_spreading_s_times_as_far_scores_s_wherever_it_lies():
    a = normal(25)
    assert diversity(3 * a + 100, a)[0] == pytest.approx(3, rel=1e-12)
    assert diversity(a[::-1], a)[0] == pytest.approx(1, rel=1e-12)


def test_collapse_scores_0_exactly_and_near_collapse_near_0():
    real = normal(50).astype(np.float32)
    collapsed = np.repeat(real[:1] / 3, 40, axis=0)
    assert diversity(collapsed, real) == (0.0, 0.0)
    few = np.repeat(real[:1], 40, axis=0) + 0.01 * normal(40)
    assert 0 < diversity(few, real)[0] < 0.02


def test_the_error_is_that_of_leaving_pictures_out():
    a, b = normal(400) * GENERATOR.gamma(2, 1, (400, 1)), normal(50)
    left_out = standard_error(lambda rows: diversity(a[rows], b)[0], 400, groups=400)
    assert diversity(a, b)[1] == pytest.approx(left_out, rel=0.02)
    assert diversity(a[:2], b)[1] is None


def test_blocks_do_not_change_the_number(monkeypatch):
    a, b = normal(23), normal(17)
    whole = diversity(a, b)
    monkeypatch.setattr(module, "BLOCK", 5)
    assert diversity(a, b) == pytest.approx(whole, rel=1e-13)


def test_constant_real_pictures_and_single_ones_get_a_sentence():
    with pytest.raises(InputError, match="all real pictures look the same"):
        diversity(normal(5), np.full((6, 16), 0.1))
    with pytest.raises(InputError, match="at least 2 generated pictures, here are 1"):
        diversity(normal(1), normal(6))
    with pytest.raises(InputError, match="another extractor"):
        diversity(normal(5), normal(5, 8))
    with pytest.raises(InputError, match="generated features hold a NaN"):
        diversity(np.full((4, 16), np.nan), normal(5))


def test_the_entry_says_what_1_means():
    measured = DIVERSITY.measure(Sample(normal(9)), Sample(normal(9)))
    assert measured.value > 0.5 and measured.error is not None
    assert "1 is the real" in DIVERSITY.about


def test_what_is_measured_is_what_is_defined():
    a, b = normal(30) * 2, normal(40)
    assert DIVERSITY.measure(Sample(pool=a), Sample(pool=b)).value == diversity(a, b)[0]
