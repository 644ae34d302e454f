import numpy as np
import pytest

from metrics import pictures as in_blocks
from metrics.cycle_error import CYCLE_ERROR
from metrics.errors import InputError
from metrics.sample import Sample

GENERATOR = np.random.default_rng(7)


def pictures(count: int, side: int = 8) -> np.ndarray:
    return GENERATOR.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def measured(inputs: np.ndarray, back: np.ndarray):
    return CYCLE_ERROR.measure(Sample(inputs=inputs, back=back), Sample())


def test_it_is_the_mean_absolute_difference_in_grey_levels():
    inputs, back = pictures(9), pictures(9)
    expected = np.abs(inputs.astype(float) - back).mean(axis=(1, 2, 3))
    found = measured(inputs, back)
    assert found.value == pytest.approx(expected.mean(), rel=1e-12)
    assert found.error == pytest.approx(expected.std(ddof=1) / 3, rel=1e-12)


def test_nothing_lost_is_0_and_black_for_white_255():
    black, white = np.zeros((3, 8, 8, 3), np.uint8), np.full((3, 8, 8, 3), 255, np.uint8)
    assert measured(white, white).value == 0
    assert measured(black, white).value == measured(white, black).value == 255


def test_the_generated_pictures_play_no_part():
    inputs, back = pictures(4), pictures(4)
    sample = Sample(pictures=pictures(4, 16), inputs=inputs, back=back)
    assert CYCLE_ERROR.measure(sample, Sample()).value == measured(inputs, back).value


def test_blocks_do_not_change_the_number(monkeypatch):
    inputs, back = pictures(11), pictures(11)
    whole = measured(inputs, back)
    monkeypatch.setattr(in_blocks, "BLOCK", 3)
    assert measured(inputs, back) == whole


def test_one_picture_has_a_number_and_no_error():
    inputs = pictures(1) // 2
    found = measured(inputs, inputs + np.uint8(3))
    assert (found.value, found.error) == (3, None)


def test_what_are_no_pairs_gets_a_sentence():
    with pytest.raises(InputError, match="4 input pictures and 3 translated-back ones"):
        measured(pictures(4), pictures(3))
    with pytest.raises(
        InputError, match="input pictures are 8 x 8, translated-back pictures are 4 x 4"
    ):
        measured(pictures(4), pictures(4, 4))
    with pytest.raises(InputError, match="must be N x H x W x 3, not of shape"):
        measured(pictures(0), pictures(0))
