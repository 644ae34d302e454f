import numpy as np
import pytest

from metrics import jackknife, kid
from metrics.errors import InputError
from metrics.kid import KID, kernel_distance
from metrics.sample import Sample

RANDOM = np.random.default_rng(8)


def two_sides(n: int = 60, m: int = 50, dimension: int = 6) -> tuple[np.ndarray, np.ndarray]:
    return RANDOM.normal(0.4, 0.8, (n, dimension)), RANDOM.normal(size=(m, dimension))


def slow_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """The definition, pair by pair."""

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return (a @ b / len(a) + 1) ** 3

    own = np.mean([k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
    real = np.mean([k(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
    return float(own + real - 2 * np.mean([k(a, b) for a in x for b in y]))


def test_it_is_the_definition():
    generated, real = two_sides()
    assert kernel_distance(generated, real).value == pytest.approx(slow_mmd(generated, real))


def test_points_have_the_distance_of_their_kernel():
    """Twice the same a against twice the same b: k(a, a) + k(b, b) - 2 k(a, b)."""
    a, b = np.array([[1.0, 1], [1, 1]]), np.array([[0.0, 2], [0, 2]])
    assert kernel_distance(a, b).value == pytest.approx(8 + 27 - 2 * 8)


def test_it_is_zero_on_average_when_both_sides_are_alike():
    values = [kernel_distance(*RANDOM.normal(size=(2, 40, 3))).value for _ in range(300)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(300)
    assert min(values) < 0 < max(values)


def test_identical_pictures_on_both_sides_have_distance_zero():
    same = np.full((5, 7), 0.4)
    assert kernel_distance(same, same).value == pytest.approx(0, abs=1e-12)
    assert kernel_distance(same, same).error == pytest.approx(0, abs=1e-12)


def test_swapped_sides_have_the_same_distance_and_another_error():
    generated, real = two_sides()
    one, other = kernel_distance(generated, real), kernel_distance(real, generated)
    assert one.value == pytest.approx(other.value, rel=1e-12)
    assert one.error != pytest.approx(other.error, rel=0.01)


def test_order_and_blocks_change_only_rounding(monkeypatch):
    generated, real = two_sides()
    whole = kernel_distance(generated, real)
    monkeypatch.setattr(kid, "BLOCK", 170)
    blocked = kernel_distance(generated[::-1], real[::-1])
    assert blocked.value == pytest.approx(whole.value, rel=1e-10)
    assert blocked.error == pytest.approx(whole.error, rel=1e-10)


def test_the_error_is_the_delete_one_jackknife():
    generated, real = two_sides()
    expected = jackknife.standard_error(
        lambda rows: kernel_distance(generated[rows], real).value, 60, groups=60
    )
    assert kernel_distance(generated, real).error == pytest.approx(expected, rel=1e-9)


def test_the_error_is_the_spread_over_other_draws():
    real = RANDOM.normal(size=(100, 4))
    found = [kernel_distance(RANDOM.normal(0.4, 1, (80, 4)), real) for _ in range(200)]
    spread = np.std([estimate.value for estimate in found], ddof=1)
    assert np.mean([estimate.error for estimate in found]) == pytest.approx(spread, rel=0.15)


@pytest.fixture
def small_subsets(monkeypatch):
    monkeypatch.setattr(kid, "SUBSET_SIZE", 30)
    monkeypatch.setattr(kid, "SUBSETS", 20)


def test_subsets_from_one_pass_are_those_one_by_one(small_subsets, monkeypatch):
    generated, real = two_sides()
    at_once = kernel_distance(generated, real)
    expected = [slow_mmd(generated[a], real[b]) for a, b in kid.draws(60, 50)]
    np.testing.assert_allclose(at_once.subsets, expected, rtol=1e-9)
    monkeypatch.setattr(kid, "ALL_PAIRS", 55)
    one_by_one = kernel_distance(generated, real)
    np.testing.assert_allclose(one_by_one.subsets, expected, rtol=1e-9)
    assert one_by_one.error == pytest.approx(at_once.error, rel=0.3)


def test_the_mean_over_subsets_has_their_spread_in_its_error(small_subsets):
    generated, real = two_sides()
    found = kernel_distance(generated, real)
    assert found.value == found.subsets.mean()
    sums, _ = kid.kernel_sums(generated, real)
    alone = jackknife.spread(sums.without_one(), len(sums.own))
    assert found.error**2 == pytest.approx(alone**2 + found.subsets.var() / 20)


def test_what_is_said_depends_on_whether_there_are_subsets(small_subsets):
    generated, real = (Sample(pool=side) for side in two_sides())
    measured = KID.measure(generated, real)
    assert measured.note == "" and measured.details["subset_spread"] > 0
    measured = KID.measure(generated[:29], real)
    assert "all pictures at once" in measured.note and "subsets" not in measured.details


def test_few_real_pictures_have_an_error_of_their_own():
    """It is about how far the number moves with other real pictures."""
    ours = RANDOM.normal(0.3, 1, (60, 8))
    found = [kernel_distance(ours, RANDOM.normal(0, 1, (20, 8))) for _ in range(200)]
    moved = np.std([one.value for one in found])
    assert np.mean([one.of_reference for one in found]) == pytest.approx(moved, rel=0.15)
    measured = KID.measure(Sample(pool=ours), Sample(pool=ours[:20] + 1))
    assert measured.details == {
        "reference_error": kernel_distance(ours, ours[:20] + 1).of_reference
    }


@pytest.mark.parametrize(("n", "m"), [(1, 5), (5, 1), (0, 0)])
def test_one_picture_is_one_sentence(n, m):
    with pytest.raises(InputError, match=f"at least 2 pictures .* {n} generated and {m} real"):
        kernel_distance(np.ones((n, 3)), np.ones((m, 3)))


def test_two_pictures_give_a_number_without_an_error():
    found = kernel_distance(*RANDOM.normal(size=(2, 2, 3)))
    assert np.isfinite(found.value) and found.error is None


def test_below_zero_it_says_what_that_means():
    draw = np.random.default_rng(3)
    real = draw.normal(size=(40, 8))
    sides = (draw.normal(size=(40, 8)) for _ in range(20))
    near = next(m for m in (KID.measure(Sample(s), Sample(real)) for s in sides) if m.value < 0)
    assert "below 0 is normal" in near.note
    assert "copies of real pictures?" in KID.measure(Sample(real), Sample(real)).note
    assert "below 0" not in KID.measure(Sample(real + 1), Sample(real)).note.replace("below 1", "")


def test_what_is_measured_is_what_was_estimated(small_subsets):
    generated, real = two_sides()
    for rows in (60, 29):
        found = kernel_distance(generated[:rows], real)
        measured = KID.measure(Sample(pool=generated[:rows]), Sample(pool=real))
        assert (measured.value, measured.error) == (found.value, found.error)
    sums, _ = kid.kernel_sums(generated, real)
    assert kid._error(sums, 240) == pytest.approx(kid._error(sums, 60) / 2)


def test_doubt_about_copies_takes_three_standard_errors():
    for value, said in ((-0.31, "copies"), (-0.3, "normal"), (-0.1, "normal")):
        assert said in kid.below_zero(kid.Estimate(value, 0.1, np.empty(0)))
    assert "normal" in kid.below_zero(kid.Estimate(-1.0, None, np.empty(0)))
    assert "normal" in kid.below_zero(kid.Estimate(-1.0, 0.0, np.empty(0)))


def test_from_so_many_real_pictures_their_own_error_is_not_told():
    ours, real = RANDOM.normal(size=(20, 3)), RANDOM.normal(size=(kid.SUBSET_SIZE, 3))
    assert kernel_distance(ours, real).of_reference is None
    assert kernel_distance(ours, real[:-1]).of_reference > 0
