"""What is said of an array, followed word for word, gives one that is taken, with right pixels."""

from pathlib import Path

import numpy as np
import pytest

from ganbench.errors import InputError
from ganbench.scoring import array_hints, array_set
from ganbench.scoring.array_set import open_array

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 6, 8, 3), np.uint8)
PIXELS[0, 0, 0], PIXELS[0, 0, 1] = 0, 255
GREY = PIXELS[..., :1]
GREYS = np.repeat(GREY, 3, axis=-1)
UNIT = PIXELS / 255


def refused(path: Path, array: np.ndarray) -> InputError:
    np.save(path, array)
    with pytest.raises(InputError) as caught:
        open_array("array.npy", path)
    return caught.value


def followed(hint: str, array: np.ndarray) -> np.ndarray:
    return eval(hint, {"np": np, "pictures": array})  # a hint of ours


@pytest.mark.parametrize(
    ("array", "pixels"),
    [
        (UNIT, PIXELS),
        (UNIT.astype(np.float32) * 1.0005, PIXELS),
        (UNIT.astype(np.float16), PIXELS),
        (UNIT.astype(">f4"), PIXELS),
        (2 * UNIT - 1, PIXELS),
        ((2 * UNIT - 1).astype(np.float32), PIXELS),
        (PIXELS.astype(np.float32), PIXELS),
        (PIXELS + np.float64(0.2), PIXELS),
        *((PIXELS.astype(kind), PIXELS) for kind in (np.int64, np.int32, np.int16, np.uint16)),
        (PIXELS.astype(np.uint16) * 257, PIXELS),
        (PIXELS.astype(np.int32) * 257, PIXELS),
        (np.rint(UNIT * 4095).astype(np.uint16), PIXELS),
        (np.rint(UNIT * 1023).astype(np.uint16), PIXELS),
        (PIXELS > 127, 255 * (PIXELS > 127)),
        *(((PIXELS > 127).astype(kind), 255 * (PIXELS > 127)) for kind in (np.int8, np.int64)),
        (GREY[..., 0], GREYS),
        (GREY, GREYS),
        (GREY.transpose(0, 3, 1, 2), GREYS),
        (GREY[..., 0] / 255, GREYS),
        (GREY.transpose(0, 3, 1, 2) / 127.5 - 1, GREYS),
        (PIXELS[0], PIXELS[:1]),
        (UNIT[0], PIXELS[:1]),
        (PIXELS.transpose(0, 3, 1, 2), PIXELS),
        (UNIT.transpose(0, 3, 1, 2), PIXELS),
        (2 * UNIT.transpose(0, 3, 1, 2) - 1, PIXELS),
        (PIXELS[None], PIXELS),
        (UNIT[:, None], PIXELS),
        (np.asfortranarray(UNIT), PIXELS),
        (np.asfortranarray(PIXELS.transpose(0, 3, 1, 2)), PIXELS),
    ],
)
def test_one_hint_is_enough(array: np.ndarray, pixels: np.ndarray, tmp_path: Path) -> None:
    made = followed(refused(tmp_path / "a.npy", array).hint, array)
    np.save(tmp_path / "b.npy", made)
    (part,) = open_array("b.npy", tmp_path / "b.npy").parts(10)
    np.testing.assert_array_equal(part, pixels)


@pytest.mark.parametrize(
    "change",
    [
        lambda rgba: rgba,
        lambda rgba: rgba.transpose(0, 3, 1, 2),
        lambda rgba: rgba / 255,
        lambda rgba: rgba.transpose(0, 3, 1, 2) / 255,
    ],
)
def test_transparency_is_laid_on_white_in_at_most_two_steps(change, tmp_path: Path) -> None:
    alpha = np.zeros((5, 6, 8, 1), np.uint8)
    alpha[1:], alpha[2] = 255, 51
    array = change(np.concatenate([PIXELS, alpha], axis=-1))
    for _ in range(2):
        array = followed(refused(tmp_path / "a.npy", array).hint, array)
        if array.shape == PIXELS.shape:
            break
    np.save(tmp_path / "a.npy", array)
    (part,) = open_array("a.npy", tmp_path / "a.npy").parts(10)
    assert part[0].min() == 255
    np.testing.assert_array_equal(part[1], PIXELS[1])
    np.testing.assert_allclose(part[2], 255 - (255.0 - PIXELS[2]) / 5, atol=0.5)


def test_one_picture_or_three_grey_ones_are_told_apart_by_who_knows(tmp_path: Path) -> None:
    array = PIXELS[0].transpose(2, 0, 1) / 255
    one, three = refused(tmp_path / "a.npy", array).hint.split("; ")
    made = followed(one.removeprefix("one picture: "), array)
    np.testing.assert_array_equal(made, PIXELS[:1])
    made = followed(three.removeprefix("three grey ones: "), array)
    np.testing.assert_array_equal(made[1], np.repeat(PIXELS[0, ..., 1:2], 3, axis=-1))


@pytest.mark.parametrize(
    "array",
    [
        np.where(UNIT > 0.5, np.nan, UNIT),
        np.where(UNIT > 0.5, np.inf, UNIT),
        (UNIT - 0.45) / 0.225,  # as ImageNet's networks want it
        UNIT - 0.5,
        UNIT * 1.1 - 0.05,  # what a sharp filter leaves of 0 to 1
        UNIT * 3,
        UNIT * 300,
        PIXELS.astype(np.int16) - 128,
        PIXELS.astype(np.int64) * 1000,
        UNIT.astype(complex),
    ],
)
def test_no_known_range_is_said_to_be_none(array: np.ndarray, tmp_path: Path) -> None:
    error = refused(tmp_path / "a.npy", array)
    assert "which is no known range" in str(error)
    assert error.hint == array_hints.UNKNOWN


def test_the_range_is_that_of_the_whole_array_if_it_is_small(tmp_path: Path, monkeypatch) -> None:
    late = np.zeros((4, 64, 64, 3), np.float32)
    late[-1, -1, -1] = -1
    late[-1, 0, 0] = 1
    monkeypatch.setattr(array_set, "SCAN_BYTES", 2**12)
    error = refused(tmp_path / "a.npy", late)
    assert "from -1 to 1;" in str(error) and "127.5" in error.hint
    monkeypatch.setattr(array_set, "LOOKED", 2**14)
    assert "from 0 to 0 in its first 0 MiB" in str(refused(tmp_path / "a.npy", late))


def test_floats_from_minus_1_to_1_that_were_cast_are_refused(tmp_path: Path) -> None:
    cast = np.trunc(np.clip(3 * UNIT - 1.5, -1, 1)).astype(np.int8).astype(np.uint8)
    error = refused(tmp_path / "a.npy", cast)
    assert "nothing but 0, 1 and 255" in str(error) and "127.5 * pictures" in error.hint
    np.save(tmp_path / "b.npy", np.where(cast == 1, 255, cast).astype(np.uint8))
    assert open_array("b.npy", tmp_path / "b.npy").at_most == 5  # black and white


@pytest.mark.parametrize("shape", [(5, 48), (240,), ()])
def test_flat_pictures_must_be_given_their_shape(shape, tmp_path: Path) -> None:
    error = refused(tmp_path / "a.npy", np.full(shape, 9, np.uint8))
    assert error.hint == "pictures.reshape(-1, HEIGHT, WIDTH, 3)"
