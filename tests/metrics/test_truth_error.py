import numpy as np
import pytest

from metrics import pictures as in_blocks
from metrics.errors import InputError
from metrics.sample import Sample
from metrics.truth_error import TRUTH_ERROR

GENERATOR = np.random.default_rng(8)


def pictures(count: int, side: int = 8) -> np.ndarray:
    return GENERATOR.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def measured(outputs: np.ndarray, truth: np.ndarray):
    return TRUTH_ERROR.measure(Sample(pictures=outputs, truth=truth), Sample())


def test_it_is_the_mean_absolute_error_beside_the_root_mean_squared_one():
    outputs, truth = pictures(9), pictures(9)
    step = outputs.astype(float) - truth
    found = measured(outputs, truth)
    assert found.value == pytest.approx(np.abs(step).mean(), rel=1e-12)
    assert found.details["root_mean_squared"] == pytest.approx(np.sqrt((step**2).mean()), rel=1e-12)


def test_the_truth_scores_0_and_its_negative_much():
    truth = np.full((5, 8, 8, 3), 10, np.uint8)
    assert measured(truth, truth).value == 0
    found = measured(255 - truth, truth)
    assert found.value == found.details["root_mean_squared"] == 235
    assert found.error == 0


def test_every_output_is_held_against_its_own_truth():
    truth = pictures(6)
    assert measured(truth, truth[::-1]).value > 50


def test_blocks_do_not_change_the_number(monkeypatch):
    outputs, truth = pictures(11), pictures(11)
    whole = measured(outputs, truth)
    monkeypatch.setattr(in_blocks, "BLOCK", 3)
    assert measured(outputs, truth) == whole


def test_one_picture_has_a_number_and_no_error():
    truth = pictures(1) // 2
    assert measured(truth + np.uint8(2), truth).error is None


def test_what_are_no_pairs_gets_a_sentence():
    with pytest.raises(InputError, match="4 output pictures and 3 true ones are no pairs"):
        measured(pictures(4), pictures(3))
    with pytest.raises(InputError, match="output pictures are 8 x 8, true pictures are 4 x 4"):
        measured(pictures(4), pictures(4, 4))
