"""Tiles: nothing is lost, nothing shows."""

import numpy as np
import pytest
from PIL import Image

from ganbench.trained import tiles

SIZES = [(64, 64), (16, 16), (17, 64), (1, 1), (1, 90), (5, 200), (33, 47), (128, 40), (640, 481)]


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (640, 640, 3), np.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("size", [16, 64])
def test_a_network_that_changes_nothing_gives_every_pixel_back(noise, height, width, size):
    picture = noise[:height, :width]
    seen = []

    def network(given):
        seen.append(given)
        return given

    assert (tiles.draw(picture, size, network) == picture).all()
    assert all(given.dtype == np.uint8 and given.shape[1:] == (size, size, 3) for given in seen)


def test_a_picture_of_the_networks_own_size_is_drawn_in_one_piece(noise):
    calls = []
    tiles.draw(noise[:64, :64], 64, lambda given: calls.append(len(given)) or given)
    assert calls == [1]


def test_what_a_network_does_along_its_borders_is_not_seen():
    def framing(given):
        framed = given.copy()
        framed[:, :4] = framed[:, -4:] = framed[:, :, :4] = framed[:, :, -4:] = 255
        return framed

    black = np.zeros((150, 211, 3), np.uint8)
    assert tiles.draw(black, 64, framing).max() <= 16  # of 255: where two frames cross


def test_tiles_of_different_brightness_fade_into_each_other():
    """A network that paints each tile in another grey leaves no step larger than the fade's."""
    greys = iter(np.random.default_rng(0).integers(0, 256, 10_000))

    def flat(given):
        painted = np.empty_like(given)
        for tile in painted:
            tile[:] = next(greys)
        return painted

    made = tiles.draw(np.zeros((300, 300, 3), np.uint8), 64, flat).astype(int)
    steepest = 255 * np.pi / 2 / 32 + 1  # of a cosine over half a tile, and rounding
    assert max(np.abs(np.diff(made, axis=axis)).max() for axis in (0, 1)) <= steepest


def test_one_row_of_tiles_is_drawn_at_a_time():
    most = []
    tall = np.zeros((2000, 64, 3), np.uint8)
    tiles.draw(tall, 64, lambda given: most.append(len(given)) or given)
    assert max(most) <= 3


def normalising(given):
    """As instance norm does: what it makes of a place depends on all that it sees, and where."""
    values = given.astype(np.float64)
    mean, spread = values.mean((1, 2), keepdims=True), values.std((1, 2), keepdims=True) + 10
    made = 128 + 40 * (values - mean) / spread
    made[:, :3] += 30  # zero padding leaves a frame
    made[:, :, :3] += 30
    return np.rint(made).clip(0, 255).astype(np.uint8)


def test_no_seam_shows_beside_what_the_network_makes_of_the_whole():
    """Along the tiles' edges the picture differs from the whole one's no more than elsewhere."""
    coarse = np.random.default_rng(3).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    picture = np.asarray(Image.fromarray(coarse).resize((256, 256), Image.Resampling.BICUBIC))
    whole = normalising(picture[None])[0].astype(float)

    def steps(made):
        """Mean step of the difference from the whole one, column by column."""
        return np.abs(np.diff(made - whole, axis=1)).mean((0, 2))

    rows = [normalising(np.stack(np.split(row, 4, axis=1))) for row in np.split(picture, 4)]
    hard = steps(np.concatenate([np.concatenate(row, axis=1) for row in rows]))
    blended = steps(tiles.draw(picture, 64, normalising))
    assert hard[63::64].mean() > 10 * np.median(hard)  # what is to be avoided
    for joint in (31, 15):  # where tiles begin and end
        assert blended[joint::32].mean() < 2 * np.median(blended)
    assert blended[63::64].mean() < hard[63::64].mean() / 10
