import numpy as np
import pytest

from metrics import input_match as module
from metrics import pictures as in_blocks
from metrics.errors import InputError
from metrics.input_match import INPUT_MATCH, matches, structure
from metrics.sample import Sample

GENERATOR = np.random.default_rng(6)


def pictures(count: int, side: int = 32) -> np.ndarray:
    return GENERATOR.integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def measured(outputs: np.ndarray, inputs: np.ndarray):
    return INPUT_MATCH.measure(Sample(pictures=outputs, inputs=inputs), Sample())


def test_another_colour_contrast_and_brightness_still_follow_the_input():
    inputs = pictures(20)
    grey = inputs @ np.array([0.299, 0.587, 0.114])
    outputs = (grey[..., None] * np.array([0.5, 0.3, 0.1]) + 40).astype(np.uint8)
    found = measured(outputs, inputs)
    assert found.value == 1 and found.details == {"chance": 1 / 20}


def test_ignoring_the_input_scores_chance():
    inputs = pictures(40)
    one_picture = np.repeat(pictures(1), 40, axis=0)
    assert measured(one_picture, inputs).value == 1 / 40  # it is nearest to one of them
    assert measured(np.roll(inputs, 1, axis=0), inputs).value == 0
    assert measured(pictures(40), inputs).value < 0.2


def test_a_negative_is_no_match():
    inputs = pictures(10)
    assert measured(255 - inputs, inputs).value == 0


def test_equal_inputs_share_the_match():
    inputs = np.repeat(pictures(5), 2, axis=0)
    np.testing.assert_array_equal(matches(inputs, inputs), np.full(10, 0.5))
    assert measured(pictures(8), np.repeat(pictures(1), 8, axis=0)).value == 1 / 8


def test_pictures_of_one_luminance_match_by_chance():
    flat = np.repeat(GENERATOR.integers(0, 256, (6, 1, 1, 3), dtype=np.uint8), 20, axis=1)
    flat = np.repeat(flat, 20, axis=2)
    assert not structure(flat).any()
    assert measured(flat, pictures(6, 20)).value == pytest.approx(1 / 6)
    assert measured(flat, flat).value == pytest.approx(1 / 6)


def test_structure_is_normalised_luminance_of_16_by_16_squares():
    side = pictures(3, 48)
    grey = side @ np.array([0.299, 0.587, 0.114])
    grid = grey.reshape(3, 16, 3, 16, 3).mean(axis=(2, 4)).reshape(3, -1)
    grid -= grid.mean(axis=1, keepdims=True)
    expected = grid / np.linalg.norm(grid, axis=1, keepdims=True)
    np.testing.assert_allclose(structure(side), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("side", [8, 20, 40])
def test_sides_that_16_does_not_divide_share_their_pixels(side):
    ramp = np.arange(side, dtype=np.uint8)[None, :, None, None].repeat(side, 2).repeat(3, 3)
    rows = structure(ramp).reshape(16, 16)
    np.testing.assert_allclose(rows - rows[:, :1], 0, atol=1e-12)
    np.testing.assert_allclose(rows[:, 0] + rows[::-1, 0], 0, atol=1e-12)
    assert (np.diff(rows[:, 0]) >= 0).all()
    np.testing.assert_allclose(module._averaging(side).sum(axis=1), 1)


def test_order_and_blocks_do_not_matter(monkeypatch):
    inputs = pictures(13)
    outputs = (inputs // 2 + pictures(13) // 2)[:, ::-1] // 2 + inputs // 4
    whole = matches(outputs, inputs)
    monkeypatch.setattr(in_blocks, "BLOCK", 4)
    monkeypatch.setattr(module, "BLOCK", 5)
    np.testing.assert_array_equal(matches(outputs[::-1], inputs[::-1]), whole[::-1])


def test_outputs_and_inputs_are_not_interchangeable():
    inputs = pictures(3)
    outputs = np.stack([inputs[0], inputs[0], inputs[2]])
    np.testing.assert_array_equal(matches(outputs, inputs), [1, 0, 1])
    np.testing.assert_array_equal(matches(inputs, outputs)[[0, 2]], [0.5, 1])


def test_what_cannot_be_matched_gets_a_sentence():
    with pytest.raises(InputError, match="at least 2 of them, here is 1"):
        measured(pictures(1), pictures(1))
    with pytest.raises(InputError, match="output pictures are 32 x 32, input pictures are 16"):
        measured(pictures(4), pictures(4, 16))
    with pytest.raises(InputError, match="no pairs"):
        measured(pictures(3), pictures(4))


def test_the_error_is_that_of_a_share():
    inputs = pictures(20)
    found = measured(np.concatenate([inputs[:15], inputs[:5]]), inputs)
    assert found.value == 0.75
    assert found.error == pytest.approx(np.sqrt(0.75 * 0.25 / 19))
