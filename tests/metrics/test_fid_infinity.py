import numpy as np
import pytest

from metrics.errors import InputError
from metrics.fid import frechet_distance
from metrics.fid_infinity import FID_INFINITY, extrapolate
from metrics.sample import Moments, Sample

F = 32
SCALE = np.arange(1, F + 1) ** -0.5  # deviations that fall, as those of real features do


def normal(count: int, seed: int, stretch: float = 1.0, step: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, F)) * SCALE * stretch + step


REAL = normal(100_000, 0)
TRUTH = np.sum((0.1 * SCALE) ** 2) + F * 0.02**2  # of Gaussians with these deviations and means


def test_it_comes_nearer_to_the_truth_than_the_distance_of_all_pictures():
    lines = [extrapolate(normal(8 * F, seed, 1.1, 0.02), REAL) for seed in range(1, 21)]
    bias = np.mean([line.distances[-1] for line in lines]) - TRUTH
    left = np.mean([line.value for line in lines]) - TRUTH
    assert bias > 0.5 * TRUTH
    assert abs(left) < 0.2 * bias


def test_its_distances_are_frechet_distances():
    generated = normal(5 * F, 1, 1.2)
    line = extrapolate(generated, REAL[:3000])
    assert line.sizes[-1] == len(generated)
    assert line.distances[-1] == pytest.approx(frechet_distance(generated, REAL[:3000]), rel=1e-9)


def test_few_real_pictures_leave_an_exact_distance():
    generated = normal(5 * F, 1, 1.2)
    line = extrapolate(generated, REAL[:7])
    assert line.distances[-1] == pytest.approx(frechet_distance(generated, REAL[:7]), rel=1e-9)


def test_a_mean_and_a_covariance_of_the_real_ones_are_enough():
    generated, real = normal(5 * F, 1, 1.2), REAL[:3000]
    moments = Moments(None, real.mean(0), np.cov(real, rowvar=False))
    found = FID_INFINITY.measure(Sample(generated), Sample(moments=moments))
    assert found.value == pytest.approx(extrapolate(generated, real).value, rel=1e-9)


def test_the_line_is_the_least_squares_one():
    line = extrapolate(normal(5 * F, 1, 1.2), REAL[:3000])
    table = np.stack([np.ones(15), 1 / line.sizes], axis=1)
    value, slope = np.linalg.lstsq(table, line.distances, rcond=None)[0]
    assert (line.value, line.slope) == pytest.approx((value, slope))
    missed = np.sqrt(np.mean((line.distances - table @ [value, slope]) ** 2))
    assert line.fit_error == pytest.approx(missed)


def test_it_is_the_same_every_time():
    generated = normal(4 * F, 1)
    assert extrapolate(generated, REAL[:500]).value == extrapolate(generated, REAL[:500]).value


def test_swapped_sides_are_another_number():
    one, other = normal(6 * F, 1, 1.1), normal(4 * F, 2)
    assert extrapolate(one, other).value != pytest.approx(extrapolate(other, one).value, rel=0.01)


@pytest.mark.parametrize("constant", [0.0, 0.4])
def test_identical_pictures_and_constant_features_give_the_distance_of_the_means(constant):
    same, flat = np.full((3 * F, F), constant), REAL[:200].copy()
    flat[:, ::2] = 0.25
    for real in (flat, np.full((2, F), 1.0)):
        expected = frechet_distance(same, real)
        assert extrapolate(same, real).value == pytest.approx(expected, rel=1e-9)


def test_constant_features_in_both_leave_no_rounding_noise():
    one, other = normal(6 * F, 1), normal(6 * F, 2)
    narrow = extrapolate(one[:, ::2], other[:, ::2]).distances
    one[:, 1::2] = other[:, 1::2] = 0.5
    assert extrapolate(one, other).distances == pytest.approx(narrow, rel=1e-6)


def test_too_few_pictures_are_one_sentence():
    with pytest.raises(InputError, match="at least 96 generated pictures, 3 for each feature"):
        extrapolate(normal(95, 1), REAL[:500])
    with pytest.raises(InputError, match="and 2 real ones; here are 96 and 1"):
        extrapolate(normal(96, 1), REAL[:1])


def test_what_it_was_read_from_stands_beside_it():
    measured = FID_INFINITY.measure(Sample(pool=normal(96, 1)), Sample(pool=REAL[:500]))
    assert measured.details["smallest_subset"] == 48
    assert measured.details["distance_of_all"] > measured.value
    assert "500 reference" in measured.note or "96 generated" in measured.note


def test_the_distance_of_all_is_that_of_all():
    ours = normal(200, 1)
    measured = FID_INFINITY.measure(Sample(pool=ours), Sample(pool=REAL[:500]))
    whole = frechet_distance(ours, REAL[:500])
    assert measured.details["distance_of_all"] == pytest.approx(whole, rel=1e-6)
