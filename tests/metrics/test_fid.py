import numpy as np
import pytest

from metrics import jackknife
from metrics.errors import InputError
from metrics.fid import FID, frechet_distance, gaussian_distance, sampling_error
from metrics.gaussian import Gaussian
from metrics.sample import Moments, Sample

GENERATOR = np.random.default_rng(1)


def normal(count: int, dimension: int, scale: float = 1.0) -> np.ndarray:
    return GENERATOR.normal(0, scale, (count, dimension))


def both(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """The distance from features and from stored statistics."""
    return frechet_distance(a, b), gaussian_distance(Gaussian.of(a), Gaussian.of(b))


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("count", [15, 300])
def test_a_mean_and_a_covariance_say_the_same_as_the_features(count, known):
    a, b = normal(40, 20), normal(count, 20, 1.3)
    moments = Moments(count if known else None, b.mean(0), np.cov(b, rowvar=False))
    found = FID.measure(Sample(a), Sample(moments=moments))
    assert found.value == pytest.approx(frechet_distance(a, b), rel=1e-9)
    assert (f"{count} reference" in found.note) == (known and count < 40)


@pytest.mark.parametrize("count", [5, 300])
def test_with_equal_covariances_it_is_the_squared_distance_of_the_means(count):
    a = normal(count, 20)
    step = np.linspace(-1, 1, 20)
    for value in both(a, a + step):
        assert value == pytest.approx(step @ step, rel=1e-10)


@pytest.mark.parametrize("count", [5, 300])
def test_a_set_has_distance_zero_from_itself(count):
    a = normal(count, 20)
    for value in both(a, a[::-1]):
        assert 0 <= value < 1e-10


@pytest.mark.parametrize("count", [5, 300])
def test_scaling_by_s_gives_s_minus_1_squared_times_the_trace(count):
    a = normal(count, 20)
    a -= a.mean(axis=0)
    trace = a.var(axis=0, ddof=1).sum()
    for value in both(3 * a, a):
        assert value == pytest.approx(4 * trace, rel=1e-10)


def test_diagonal_gaussians_have_the_distance_of_their_deviations():
    a = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])
    b = np.array([[3.0, 0], [-3, 0], [0, 1], [0, -1]])
    deviations = np.sqrt(2 / 3) * np.array([[1, 2], [3, 1]])
    for value in both(a, b):
        assert value == pytest.approx(np.sum((deviations[0] - deviations[1]) ** 2), rel=1e-12)


@pytest.mark.parametrize(("n", "m", "dimension"), [(12, 30, 64), (30, 500, 64), (900, 700, 16)])
def test_features_and_stored_statistics_agree(n, m, dimension):
    mixing = normal(dimension, dimension)
    by_features, by_statistics = both(normal(n, dimension) @ mixing, normal(m, dimension, 2) + 0.3)
    assert by_features == pytest.approx(by_statistics, rel=1e-10)


def test_agrees_with_the_matrix_square_root_of_the_definition():
    from scipy.linalg import sqrtm

    a, b = normal(200, 12) @ normal(12, 12), normal(150, 12) + 0.5
    s, t = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.real(sqrtm(s @ t))
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(s + t - 2 * root)
    for value in both(a, b):
        assert value == pytest.approx(expected, rel=1e-10)


def test_the_order_of_pictures_and_of_sides_does_not_matter():
    a, b = normal(40, 64), normal(50, 64, 2)
    shuffled = GENERATOR.permutation(40)
    assert frechet_distance(a[shuffled], b) == pytest.approx(frechet_distance(b, a), rel=1e-12)


def test_identical_pictures_and_constant_features_give_a_number():
    a, point = normal(9, 16), np.full((7, 16), 0.25)
    expected = np.sum((a.mean(0) - 0.25) ** 2) + a.var(axis=0, ddof=1).sum()
    for value in (*both(a, point), *both(point, a)):
        assert value == pytest.approx(expected, rel=1e-12)
    assert both(point, point) == (0.0, 0.0)


def test_fewer_than_two_pictures_are_refused():
    with pytest.raises(InputError, match="2 pictures on each side, here are 1 generated and 4"):
        frechet_distance(normal(1, 8), normal(4, 8))


def test_nan_features_and_different_extractors_are_refused():
    broken = normal(4, 8)
    broken[0, 0] = np.inf
    with pytest.raises(InputError, match="generated features hold a NaN"):
        frechet_distance(broken, normal(4, 8))
    with pytest.raises(InputError, match="different extractors"):
        frechet_distance(normal(4, 8), normal(4, 9))


def test_small_sets_carry_a_warning_and_large_ones_none():
    small, large = Sample(normal(300, 4)), Sample(normal(2048, 4))
    assert FID.measure(large, small).note == (
        "300 reference pictures: below 2,048 the distance is biased upwards"
    )
    assert "300 generated pictures" in FID.measure(small, large).note
    assert FID.measure(large, large).note == ""


@pytest.mark.parametrize(("count", "real_count", "features"), [(40, 30, 64), (25, 60, 50)])
def test_the_sampling_error_is_the_jackknife_of_the_distance(count, real_count, features):
    generated, real = normal(count, features), normal(real_count, features) + 1
    slow = jackknife.standard_error(lambda rows: frechet_distance(generated[rows], real), count)
    assert sampling_error(generated, real) == pytest.approx(slow, rel=1e-6)


def test_there_is_no_sampling_error_for_sets_that_are_too_large_or_too_small():
    assert sampling_error(normal(40, 8), normal(40, 8)) is None
    assert sampling_error(normal(2, 8), normal(4, 8)) is None
