"""What both frameworks draw from numpy."""

import numpy as np
import pytest

from ganzoo import draws


def test_a_step_draws_the_same_whenever_it_is_asked():
    one, again = (draws.of_step(3, 1000, 0).random(4) for _ in range(2))
    assert np.array_equal(one, again)
    others = [
        draws.of_step(*place).random(4) for place in ((4, 1000, 0), (3, 999, 0), (3, 1000, 1))
    ]
    assert not any(np.array_equal(one, other) for other in others)


def test_weights_are_normal_and_float32():
    drawn = draws.normal(draws.of_weights(0, 0), 1.0, 0.02, (64, 32, 4, 4))
    assert drawn.dtype == np.float32
    assert drawn.mean() == pytest.approx(1, abs=1e-3) and drawn.std() == pytest.approx(0.02, 0.02)


def test_networks_and_seeds_start_apart():
    first = [draws.of_weights(seed, net).random() for seed in (0, 1) for net in (0, 1)]
    assert len(set(first)) == 4


def test_a_history_fills_before_it_gives_back():
    drawn = draws.swaps(np.random.default_rng(0), filled=1, size=3, count=2)
    assert drawn.place.tolist() == [1, 2]
    assert drawn.stored.all() and not drawn.shown.any()


def test_a_full_history_gives_back_half_of_the_time():
    drawn = draws.swaps(np.random.default_rng(0), filled=50, size=50, count=4000)
    assert np.array_equal(drawn.stored, drawn.shown)
    assert drawn.shown.mean() == pytest.approx(0.5, abs=0.03)
    assert set(drawn.place[drawn.shown]) == set(range(50))


def test_no_history_stores_nothing():
    drawn = draws.swaps(np.random.default_rng(0), filled=0, size=0, count=8)
    assert not drawn.stored.any() and not drawn.shown.any()


def test_each_augmentation_has_its_numbers():
    drawn = draws.augmentation(np.random.default_rng(0), ("cutout", "color"), 500, 64)
    assert list(drawn) == ["cutout", "color"]
    assert drawn["color"].shape == (3, 500) and drawn["color"].min() >= 0
    assert drawn["cutout"].min() == 0 and drawn["cutout"].max() == 63
    moved = draws.augmentation(np.random.default_rng(0), ("translation",), 500, 64)["translation"]
    assert (moved.min(), moved.max()) == (0, 16)  # an eighth each way
