import numpy as np
import pytest

from metrics import neighbours
from metrics.errors import InputError
from metrics.neighbours import closed, comparable, open_, radii, squared_distances

RANDOM = np.random.default_rng(5)


def whole(rows: np.ndarray, columns: np.ndarray, nothing: float = 0.0) -> np.ndarray:
    return np.concatenate([block for _, block in squared_distances(rows, columns, nothing)])


def test_squared_distances_are_those_of_the_differences():
    a, b = RANDOM.normal(size=(7, 5)), RANDOM.normal(size=(9, 5))
    expected = np.sum((a[:, None] - b) ** 2, axis=2)
    np.testing.assert_allclose(whole(a, b), expected, rtol=1e-12)


def test_a_block_holds_no_more_pairs_than_it_may(monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", 30)
    a, b = RANDOM.normal(size=(25, 4)), RANDOM.normal(size=(9, 4))
    blocks = [block for _, block in squared_distances(a, b)]
    assert len(blocks) == 9 and max(block.size for block in blocks) == 27
    np.testing.assert_allclose(np.concatenate(blocks), np.sum((a[:, None] - b) ** 2, axis=2))


def test_the_radius_reaches_to_the_kth_neighbour_and_skips_the_point_itself():
    line = np.array([[0.0], [1], [3], [7]])
    np.testing.assert_allclose(radii(line, 1), [1, 1, 4, 16])
    np.testing.assert_allclose(radii(line, 2), [9, 4, 9, 36])


def test_the_rounding_of_a_network_between_two_copies_counts_as_no_distance():
    """Float32 features of one picture differ by 1e-7 when it stands elsewhere in a batch."""
    picture = RANDOM.uniform(0.2, 0.6, (20, 300))
    again = picture * (1 + 1e-7 * RANDOM.normal(size=picture.shape))
    ours, theirs, nothing = comparable(again, picture)
    np.testing.assert_array_equal(np.diag(whole(ours, theirs, nothing)), 0.0)
    near = picture * (1 + 1e-4)
    ours, theirs, nothing = comparable(near, picture)
    assert (np.diag(whole(ours, theirs, nothing)) > 0).all()


def test_no_squared_distance_is_below_zero_far_from_the_origin():
    points = RANDOM.normal(size=(30, 8)) * 1e-6 + 1e6
    assert whole(points, points).min() >= 0


def test_a_point_on_the_edge_is_in_the_closed_ball_and_not_in_the_open_one():
    edge, rounding = np.array([2.0]), 1e-14
    for squared in (edge * (1 - rounding), edge * (1 + rounding)):
        assert squared <= closed(edge)
        assert not squared < open_(edge)


def test_a_ball_without_width_still_holds_its_centre():
    nothing = np.zeros(1)
    assert nothing < open_(nothing) and nothing <= closed(nothing)
    assert not nothing + 1e-30 < open_(nothing)


def test_an_empty_side_is_one_sentence():
    with pytest.raises(InputError, match="no generated pictures"):
        comparable(np.zeros((0, 3)), np.zeros((2, 3)))
    with pytest.raises(InputError, match="no real pictures"):
        comparable(np.zeros((2, 3)), np.zeros((0, 3)))
