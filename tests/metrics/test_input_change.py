from itertools import combinations

import numpy as np
import pytest

from metrics import pictures as in_blocks
from metrics.errors import InputError
from metrics.input_change import INPUT_CHANGE, squared_difference
from metrics.jackknife import standard_error
from metrics.sample import Sample

GENERATOR = np.random.default_rng(5)


def pictures(count: int, side: int = 8) -> np.ndarray:
    return GENERATOR.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def measured(outputs: np.ndarray, inputs: np.ndarray):
    return INPUT_CHANGE.measure(Sample(pictures=outputs, inputs=inputs), Sample())


def test_a_copy_scores_0_and_a_step_of_k_grey_levels_k_over_the_difference_of_inputs():
    inputs = pictures(12) // 2
    assert measured(inputs, inputs).value == 0
    found = measured(inputs + np.uint8(10), inputs)
    assert found.details["change_grey_levels"] == 10
    assert found.value == pytest.approx(10 / np.sqrt(squared_difference(inputs)))


def test_the_difference_of_inputs_is_that_over_all_pairs():
    inputs = pictures(7).astype(float)
    slow = np.mean([np.mean((a - b) ** 2) for a, b in combinations(inputs, 2)])
    assert squared_difference(inputs.astype(np.uint8)) == pytest.approx(slow, rel=1e-13)


def test_outputs_that_belong_to_other_inputs_score_1_over_all_shifts():
    inputs = pictures(9)
    squares = [measured(np.roll(inputs, shift, axis=0), inputs).value ** 2 for shift in range(1, 9)]
    assert np.mean(squares) == pytest.approx(1, rel=1e-12)


def test_inputs_and_outputs_are_not_interchangeable():
    inputs, outputs = pictures(9), pictures(9) // 3
    assert measured(outputs, inputs).value != pytest.approx(measured(inputs, outputs).value)


def test_order_and_blocks_do_not_matter(monkeypatch):
    inputs, outputs = pictures(11), pictures(11)
    whole = measured(outputs, inputs)
    monkeypatch.setattr(in_blocks, "BLOCK", 4)
    again = measured(outputs[::-1], inputs[::-1])
    assert again.value == pytest.approx(whole.value, rel=1e-13)
    assert again.error == pytest.approx(whole.error, rel=1e-12)


def test_the_error_is_that_of_leaving_outputs_out():
    inputs = pictures(300)
    strength = GENERATOR.uniform(0, 1, (300, 1, 1, 1))
    outputs = (inputs * strength).astype(np.uint8)
    between = measured(outputs, inputs).details["between_inputs_grey_levels"]

    def change(rows: np.ndarray) -> float:
        return measured(outputs[rows], inputs[rows]).details["change_grey_levels"] / between

    assert measured(outputs, inputs).error == pytest.approx(
        standard_error(change, 300, groups=300), rel=0.02
    )


def test_what_has_no_difference_to_compare_with_gets_a_sentence():
    with pytest.raises(InputError, match="all input pictures are the same"):
        measured(pictures(4), np.full((4, 8, 8, 3), 9, np.uint8))
    with pytest.raises(InputError, match="at least 2 pictures, here is 1"):
        measured(pictures(1), pictures(1))
    with pytest.raises(InputError, match="output pictures are 8 x 8, input pictures are 16 x 16"):
        measured(pictures(4), pictures(4, 16))
    with pytest.raises(InputError, match="3 output pictures and 4 input ones are no pairs"):
        measured(pictures(3), pictures(4))
    with pytest.raises(InputError, match="input pictures must be uint8"):
        measured(pictures(4), pictures(4) / 255)
