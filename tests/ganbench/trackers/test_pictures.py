import numpy as np
import pytest

from ganbench import record
from ganbench.trackers import pictures
from ganbench.trackers.pictures import Picture, Unreadable


def colours(count, size=2):
    """Pictures of one grey each: 0, 1, 2 ..."""
    grey = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(grey, (count, size, size, 3))


@pytest.mark.parametrize(("count", "rows", "columns"), [(3, 1, 3), (16, 4, 4), (20, 3, 8)])
def test_pictures_lie_row_by_row_and_what_is_left_over_is_white(count, rows, columns):
    tiles = pictures.grid(colours(count))[::2, ::2, 0]
    assert tiles.shape == (rows, columns)
    assert tiles.ravel().tolist() == [*range(count), *[255] * (rows * columns - count)]


def test_large_ones_are_shrunk():
    assert pictures.grid(colours(1, 1030)).shape == (344, 344, 3)


def test_the_film_by_step_and_then_the_last_samples(results):
    folder = next((results / "s").glob("*seed0*"))
    read = pictures.drawn(folder, record.read(folder))
    drawn = [one for one in read if isinstance(one, Picture)]
    assert [(one.name, one.step, one.pictures) for one in drawn] == [
        ("film", 0, 0), ("film", 5, 80), ("film", 10, 160), ("samples", 10, 160),
    ]  # fmt: skip
    film = np.load(folder / "film/5.npy")
    np.testing.assert_array_equal(drawn[1].pixels[8:16, 8:16], film[5])


def test_a_frame_with_other_bytes_is_left_out_and_said(results):
    folder = next((results / "s").glob("*seed0*"))
    np.save(folder / "film/5.npy", np.zeros((16, 8, 8, 3), np.uint8))
    drawn = list(pictures.drawn(folder, record.read(folder)))
    assert isinstance(drawn[1], Unreadable) and "damaged" in drawn[1].problem
    assert [type(one).__name__ for one in drawn].count("Picture") == 3
