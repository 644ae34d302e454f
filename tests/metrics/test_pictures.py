import numpy as np
import pytest

from metrics import pictures
from metrics.errors import InputError

SOME = np.arange(5 * 4 * 4 * 3, dtype=np.uint8).reshape(5, 4, 4, 3)


def test_blocks_walk_all_sides_row_by_row(monkeypatch):
    monkeypatch.setattr(pictures, "BLOCK", 2)
    parts = list(pictures.blocks(SOME, SOME[::-1]))
    assert [len(part) for part, _ in parts] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([part for part, _ in parts]), SOME)
    np.testing.assert_array_equal(np.concatenate([part for _, part in parts]), SOME[::-1])


def test_floats_are_refused_with_what_to_type():
    with pytest.raises(InputError, match="real pictures must be uint8") as caught:
        pictures.check(SOME / 255, "real")
    assert "np.round(255 * pictures)" in caught.value.hint


def test_differences_do_not_wrap_around():
    black, white = np.zeros_like(SOME), np.full_like(SOME, 255)
    assert pictures.absolute_errors(black, white).tolist() == [255] * 5
    assert pictures.squared_errors(black, white).tolist() == [255**2] * 5


def test_equal_pictures_do_not_differ_and_each_pair_has_its_own_number():
    brighter = SOME.copy()
    brighter[3] += 2
    assert pictures.absolute_errors(SOME, brighter).tolist() == [0, 0, 0, 2, 0]
    assert pictures.squared_errors(SOME, brighter).tolist() == [0, 0, 0, 4, 0]


@pytest.mark.parametrize(
    "shape", [(5, 4, 4), (5, 4, 4, 1), (5, 4, 4, 4), (0, 4, 4, 3), (5, 0, 4, 3)]
)
def test_what_are_no_colour_pictures_is_refused(shape):
    with pytest.raises(InputError, match=f"not of shape .{shape[0]}, {shape[1]}"):
        pictures.check(np.zeros(shape, np.uint8), "real")


def test_pairs_are_as_many_pictures_of_one_size():
    names = ("generated", "real")
    pictures.check_pairs(SOME, SOME[::-1], names)
    with pytest.raises(InputError, match="5 generated pictures and 4 real ones are no pairs"):
        pictures.check_pairs(SOME, SOME[:4], names)
    with pytest.raises(InputError, match="generated pictures are 4 x 4, real pictures are 3 x 4"):
        pictures.check_pairs(SOME, SOME[:, :, :3], names)
    with pytest.raises(InputError, match="real pictures must be uint8"):
        pictures.check_pairs(SOME, SOME / 255, names)
