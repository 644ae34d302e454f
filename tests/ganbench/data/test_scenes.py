import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy import ndimage

from ganbench.data import scenes
from ganbench.data.scenes.painter import paint
from ganbench.errors import InputError

DOMAINS = (scenes.photo, scenes.painting)


def digest(picture: np.ndarray) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()


def light(picture: np.ndarray, blur: float, by_row: bool = False) -> np.ndarray:
    """Blurred lightness; by row: without the light sky over dark land that all pictures share."""
    grey = ndimage.gaussian_filter(picture.mean(axis=2), blur)
    if by_row:
        grey = grey - grey.mean(axis=1, keepdims=True)
    return (grey - grey.mean()) / grey.std()


def fine_texture(picture: np.ndarray) -> float:
    grey = picture.mean(axis=2)
    return float(np.abs(grey - ndimage.gaussian_filter(grey, 1)).mean())


@pytest.mark.parametrize("draw", DOMAINS)
@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_a_picture_is_square_rgb_bytes_at_every_size(draw, size):
    picture = draw(3, size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous


@pytest.mark.parametrize("draw", DOMAINS)
def test_the_largest_size_can_be_drawn(draw):
    assert draw(1, 512).shape == (512, 512, 3)


@pytest.mark.parametrize("draw", DOMAINS)
def test_a_picture_does_not_depend_on_what_was_drawn_before(draw):
    forwards = [digest(draw(index, 32)) for index in range(4)]
    backwards = [digest(draw(index, 32)) for index in reversed(range(4))]
    assert forwards == backwards[::-1]


def test_a_new_process_draws_the_same_pictures():
    code = (
        "import hashlib; from ganbench.data import scenes;"
        "print(*[hashlib.sha256(draw(5, 64, 2).tobytes()).hexdigest()"
        " for draw in (scenes.painting, scenes.photo)])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == [
        digest(scenes.painting(5, 64, 2)),
        digest(scenes.photo(5, 64, 2)),
    ]


@pytest.mark.parametrize("draw", DOMAINS)
def test_another_seed_draws_other_pictures(draw):
    assert digest(draw(0, 32, seed=0)) != digest(draw(0, 32, seed=1))


@pytest.mark.parametrize("draw", DOMAINS)
def test_the_first_twenty_pictures_are_all_distinct(draw):
    small = np.stack([light(draw(index, 32), 1).reshape(-1) for index in range(20)])
    alike = small @ small.T / small.shape[1]
    np.fill_diagonal(alike, 0)
    assert alike.max() < 0.985


@pytest.mark.parametrize("draw", DOMAINS)
def test_no_picture_is_empty_or_blown_out(draw):
    for index in range(30):
        picture = draw(index, 32)
        assert 15 < picture.mean() < 235
        assert picture.std() > 8


@pytest.mark.parametrize("draw", DOMAINS)
def test_the_scene_is_the_same_at_every_size(draw):
    for index in range(4):
        small = light(draw(index, 64), 3)
        large = light(draw(index, 128)[::2, ::2], 3)
        assert (small * large).mean() > 0.95


def test_a_true_pair_shares_its_composition_and_a_random_one_does_not():
    pairs = [scenes.pair(index, 64) for index in range(12)]
    photos = np.stack([light(photo, 2, by_row=True).reshape(-1) for photo, _ in pairs])
    paintings = np.stack([light(painting, 2, by_row=True).reshape(-1) for _, painting in pairs])
    alike = photos @ paintings.T / photos.shape[1]
    true = np.diag(alike).copy()
    np.fill_diagonal(alike, np.nan)
    assert np.median(true) > 0.8
    assert np.median(true) > np.nanmax(np.nanmedian(alike, axis=1)) + 0.3


def test_a_pair_holds_the_photograph_of_the_same_number():
    assert digest(scenes.pair(4, 64)[0]) == digest(scenes.photo(4, 64))


def test_paintings_differ_from_photographs_in_texture_and_colour():
    photos = [scenes.photo(index, 64) for index in range(24)]
    paintings = [scenes.painting(index, 64) for index in range(24)]
    texture = [np.median([fine_texture(p) for p in set_]) for set_ in (photos, paintings)]
    assert texture[1] > 1.3 * texture[0]
    colour = np.concatenate([p.reshape(-1, 3) for p in photos]).mean(0)
    other = np.concatenate([p.reshape(-1, 3) for p in paintings]).mean(0)
    assert np.abs(colour - other).max() > 5


@pytest.mark.parametrize("size", [0, -64, 16, 48, 100, 1024])
@pytest.mark.parametrize("draw", [*DOMAINS, scenes.pair])
def test_a_size_that_cannot_be_drawn_is_refused_with_the_sizes_that_can(draw, size):
    with pytest.raises(InputError, match=str(size)) as caught:
        draw(0, size)
    assert "256" in caught.value.hint


def test_a_negative_number_is_refused():
    with pytest.raises(InputError, match="-1"):
        scenes.photo(-1, 64)


def test_strokes_follow_an_edge_and_keep_its_colours():
    picture = np.zeros((3, 128, 128), np.float32)
    picture[:, :, 64:] = 0.8
    painted = paint(picture, 64, np.random.default_rng(0))
    assert painted[:, :, :24].mean() < 0.15
    assert painted[:, :, 40:].mean() > 0.6
    along = np.abs(np.diff(painted[:, :, 26:38], axis=1)).mean()
    across = np.abs(np.diff(painted[:, :, 26:38], axis=2)).mean()
    assert along < across
