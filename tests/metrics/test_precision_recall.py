import numpy as np
import pytest

from metrics import jackknife, neighbours
from metrics.errors import InputError
from metrics.precision_recall import PRECISION, RECALL, precision, recall, recalls
from metrics.sample import Sample

RANDOM = np.random.default_rng(6)
LINE = np.array([[0.0], [1], [2], [3]])


def two_sides(n: int = 60, m: int = 50, dimension: int = 6) -> tuple[np.ndarray, np.ndarray]:
    return RANDOM.normal(0.4, 0.8, (n, dimension)), RANDOM.normal(size=(m, dimension))


def slow_precision(generated: np.ndarray, real: np.ndarray, k: int) -> float:
    """The definition, pair by pair."""
    reach = [sorted(np.linalg.norm(real - r, axis=1))[k] for r in real]
    inside = [
        any(np.linalg.norm(g - r) <= d for r, d in zip(real, reach, strict=True)) for g in generated
    ]
    return sum(inside) / len(inside)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_both_are_the_definition(k):
    generated, real = two_sides()
    assert precision(generated, real, k) == slow_precision(generated, real, k)
    assert recall(generated, real, k) == slow_precision(real, generated, k)


def test_on_a_line_both_can_be_counted_by_hand():
    generated = np.array([[0.5], [1.5], [4], [4.5]])
    assert precision(generated, LINE, 1) == 0.75  # 4 is on the edge of the ball around 3
    assert recall(generated, LINE, 1) == 0.75  # they reach 1, 1, 0.5 and 0.5; 3 is between


def test_collapse_is_precise_and_recalls_little():
    real = RANDOM.normal(size=(200, 4))
    collapsed = real[0] + 1e-3 * RANDOM.normal(size=(100, 4))
    assert precision(collapsed, real) == 1.0
    assert recall(collapsed, real) <= 0.01


def test_copies_have_both_in_full():
    real = RANDOM.normal(size=(80, 5)).astype(np.float32)
    assert precision(real[::-1], real) == recall(real[::-1], real) == 1.0


def test_swapped_sides_swap_precision_and_recall():
    real = RANDOM.normal(size=(200, 4))
    collapsed = real[0] + 1e-3 * RANDOM.normal(size=(100, 4))
    assert precision(real, collapsed) == recall(collapsed, real) < precision(collapsed, real)


def test_far_apart_nothing_is_inside():
    generated, real = two_sides()
    assert precision(generated + 100, real) == recall(generated + 100, real) == 0.0


def test_identical_pictures_count_by_whether_they_are_the_same():
    one, other = np.full((6, 8), 0.3, np.float32), np.full((6, 8), 0.7, np.float32)
    assert precision(one, one) == recall(one, one) == 1.0
    assert precision(one, other) == recall(one, other) == 0.0


def test_order_blocks_and_a_common_offset_change_nothing(monkeypatch):
    generated, real = two_sides()
    values = precision(generated, real), recall(generated, real)
    monkeypatch.setattr(neighbours, "BLOCK", 70)
    assert (precision(generated[::-1], real), recall(generated, real[::-1])) == values
    assert (precision(generated + 50, real + 50), recall(generated + 50, real + 50)) == values


def test_copies_stay_inside_in_whatever_blocks_they_are_compared(monkeypatch):
    """The farthest of k neighbours is on the edge, where rounding would decide."""
    real = RANDOM.normal(size=(90, 300)).astype(np.float32)
    for block in (91, 1000, 5000):
        monkeypatch.setattr(neighbours, "BLOCK", block)
        assert precision(real[:40], real[:40], 1) == recall(real, real, 1) == 1.0


def test_recall_with_pictures_left_out_is_the_recall_of_the_others():
    generated, real = two_sides()
    groups = jackknife.parts(len(generated))
    values = recalls(generated, real, groups)
    for value, group in zip(values, groups, strict=True):
        assert value == recall(np.delete(generated, group, axis=0), real)


def test_errors_are_those_of_the_jackknife():
    generated, real = two_sides()
    sample, target = Sample(pool=generated), Sample(pool=real)
    of_precision = jackknife.standard_error(lambda r: precision(generated[r], real), 60, 60)
    assert PRECISION.measure(sample, target).error == pytest.approx(of_precision, rel=1e-9)
    of_recall = jackknife.standard_error(lambda r: recall(generated[r], real), 60)
    assert RECALL.measure(sample, target).error == pytest.approx(of_recall, rel=1e-9)


def test_too_few_neighbours_are_one_sentence():
    few, many = RANDOM.normal(size=(3, 2)), RANDOM.normal(size=(9, 2))
    with pytest.raises(InputError, match="need at least 4 real pictures, here are 3"):
        precision(many, few)
    with pytest.raises(InputError, match="need at least 4 generated pictures, here is 1"):
        recall(few[:1], many)
    assert precision(few[:1], many) in (0.0, 1.0)  # one picture is inside or not


def test_just_enough_pictures_give_a_recall_without_an_error():
    few, many = RANDOM.normal(size=(4, 2)), RANDOM.normal(size=(9, 2))
    measured = RECALL.measure(Sample(pool=few), Sample(pool=many))
    assert measured.error is None and measured.value == recall(few, many)


def test_what_is_measured_is_what_is_defined():
    generated, real = two_sides()
    sample, target = Sample(pool=generated), Sample(pool=real)
    assert PRECISION.measure(sample, target).value == precision(generated, real)
    assert RECALL.measure(sample, target).value == recall(generated, real)
