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
