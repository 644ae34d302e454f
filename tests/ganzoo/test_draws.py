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


def test_weights_are_the_generators_own_numbers_stretched_and_moved():
    drawn = draws.normal(draws.of_weights(5, 1), 1.0, 0.5, (3, 4))
    numbers = draws.of_weights(5, 1).standard_normal((3, 4), dtype=np.float32)
    assert np.array_equal(drawn, 1 + np.float32(0.5) * numbers)


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


def test_the_canvas_is_standard_noise_and_the_same_for_all_of_a_size():
    drawn = draws.canvas(2, 64)
    assert drawn.shape == (1, 2, 64, 64) and drawn.dtype == np.float32
    assert drawn.mean() == pytest.approx(0, abs=0.05) and drawn.std() == pytest.approx(1, 0.03)
    assert np.array_equal(drawn, draws.canvas(2, 64))
    assert not np.array_equal(drawn[:, :1], draws.canvas(1, 64))
    assert not np.array_equal(drawn[..., :32, :32], draws.canvas(2, 32))


@pytest.mark.parametrize(("size", "filled"), [(0, 0), (1, 1), (3, 1), (3, 3), (50, 49)])
def test_an_exchange_is_what_the_swaps_come_to_one_after_the_other(size, filled):
    for seed in range(20):
        drawn = draws.swaps(np.random.default_rng(seed), filled, size, 6)
        at_once = draws.Exchange.of(drawn, size)
        history, shown = [-1 - place for place in range(size)], []
        for fake in range(6):
            place = drawn.place[fake]
            shown.append(history[place] if drawn.shown[fake] else fake)
            if drawn.stored[fake]:
                history[place] = fake
        before = [-1 - place for place in range(size)]
        seen = [
            before[place] if remembered else fake
            for remembered, place, fake in zip(
                at_once.remembered, at_once.place, at_once.fake, strict=True
            )
        ]
        after = [*before, None]
        for fake, place in enumerate(at_once.kept_at):
            after[place] = fake
        assert (seen, after[:size]) == (shown, history)
