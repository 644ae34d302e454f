import numpy as np
import pytest

from metrics import jackknife, neighbours
from metrics.density_coverage import COVERAGE, DENSITY, coverage, density
from metrics.errors import InputError
from metrics.sample import Sample

RANDOM = np.random.default_rng(7)


def two_sides(n: int = 60, m: int = 50, dimension: int = 6) -> tuple[np.ndarray, np.ndarray]:
    return RANDOM.normal(0.4, 0.8, (n, dimension)), RANDOM.normal(size=(m, dimension))


def test_on_a_line_both_can_be_counted_by_hand():
    real = np.array([[0.0], [1], [3], [7]])  # with k = 1 they reach 1, 1, 2 and 4
    generated = np.array([[0.5], [2.5], [4]])  # inside 0 and 1; 3; 3 and 7 (3 away)
    assert density(generated, real, 1) == pytest.approx(5 / 3)
    assert coverage(generated, real, 1) == 1.0
    assert coverage(generated[:1], real, 1) == 0.5


def test_copies_have_density_and_coverage_one():
    """Each picture is in its own ball and in those of k - 1 others on average."""
    real = RANDOM.normal(size=(80, 5)).astype(np.float32)
    assert density(real[::-1], real) == pytest.approx(1.0)
    assert coverage(real[::-1], real) == 1.0


def test_more_of_the_same_has_a_density_near_one():
    generated, real = RANDOM.normal(size=(2, 1500, 3))
    assert density(generated, real) == pytest.approx(1.0, abs=0.1)
    assert coverage(generated, real) > 0.9


def test_collapse_is_dense_and_covers_little():
    real = RANDOM.normal(size=(200, 4))
    densest = np.argmin(np.linalg.norm(real, axis=1))
    collapsed = real[densest] + 1e-3 * RANDOM.normal(size=(100, 4))
    assert density(collapsed, real) > 1
    assert coverage(collapsed, real) < 0.2


def test_swapped_sides_are_another_number():
    generated, real = two_sides()
    assert density(generated, real) != pytest.approx(density(real, generated), rel=0.01)
    spread = np.concatenate([real, real + 100])
    assert coverage(spread, real) == 1.0 and coverage(real, spread) == 0.5


def test_far_apart_nothing_is_inside():
    generated, real = two_sides()
    assert density(generated + 100, real) == coverage(generated + 100, real) == 0.0


def test_identical_pictures_count_by_whether_they_are_the_same():
    one, other = np.full((8, 9), 0.3, np.float32), np.full((8, 9), 0.7, np.float32)
    assert coverage(one, one) == 1.0
    assert density(one, one) == 8 / 5  # each is in all 8 balls
    assert density(one, other) == coverage(one, other) == 0.0


def test_order_blocks_and_a_common_offset_change_nothing(monkeypatch):
    generated, real = two_sides()
    values = density(generated, real), coverage(generated, real)
    monkeypatch.setattr(neighbours, "BLOCK", 70)
    assert (density(generated[::-1], real), coverage(generated, real[::-1])) == values
    assert (density(generated + 50, real + 50), coverage(generated + 50, real + 50)) == values


def test_copies_keep_density_one_in_whatever_blocks_they_are_compared(monkeypatch):
    """The farthest of k neighbours is on the edge, where rounding would decide."""
    real = RANDOM.normal(size=(90, 300)).astype(np.float32)
    for block in (91, 1000, 5000):
        monkeypatch.setattr(neighbours, "BLOCK", block)
        assert density(real, real) == pytest.approx(1.0, rel=1e-12)


def test_errors_are_those_of_the_jackknife():
    generated, real = two_sides()
    sample, target = Sample(pool=generated), Sample(pool=real)
    of_density = jackknife.standard_error(lambda r: density(generated[r], real), 60, 60)
    assert DENSITY.measure(sample, target).error == pytest.approx(of_density, rel=1e-9)
    of_coverage = jackknife.standard_error(lambda r: coverage(generated[r], real), 60)
    assert COVERAGE.measure(sample, target).error == pytest.approx(of_coverage, rel=1e-9)


def test_one_generated_picture_has_a_number_and_no_error():
    real = RANDOM.normal(size=(9, 2))
    for metric in (DENSITY, COVERAGE):
        measured = metric.measure(Sample(pool=real[:1]), Sample(pool=real))
        assert np.isfinite(measured.value) and measured.error is None


def test_too_few_real_pictures_are_one_sentence():
    generated, real = two_sides(m=5)
    for metric in (density, coverage):
        with pytest.raises(InputError, match="need at least 6 real pictures, here are 5"):
            metric(generated, real)


def test_what_is_measured_is_what_is_defined():
    generated, real = two_sides()
    sample, target = Sample(pool=generated), Sample(pool=real)
    assert DENSITY.measure(sample, target).value == pytest.approx(density(generated, real))
    assert COVERAGE.measure(sample, target).value == coverage(generated, real) < 1
    assert COVERAGE.measure(Sample(pool=real[:1]), target).value == coverage(real[:1], real) > 0
