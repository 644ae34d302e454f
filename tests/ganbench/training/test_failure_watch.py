import json

import numpy as np
import pytest

from ganbench.training import failure_watch
from ganbench.training.failure_watch import Diverged, LossWatch, Scale, Streak, Watch

REAL = Scale(spread=40.0, contrast=50.0)


def flat(*levels, size=16):
    """One picture of a single grey level each."""
    return np.stack([np.full((size, size, 3), level, np.uint8) for level in levels])


def varied(count=8, size=32, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3))
    return coarse.repeat(size // 8, 1).repeat(size // 8, 2).astype(np.uint8)


def one(count=8):
    return varied(1).repeat(count, 0)


def test_a_ramp_becomes_the_means_of_its_cells():
    ramp = np.arange(32, dtype=np.uint8)[None, :, None, None].repeat(32, 2).repeat(3, 3)
    made = failure_watch.thumbnails(ramp)
    assert made.shape == (1, 8, 8, 3)
    assert made[0, :, 0, 0].tolist() == [1.5, 5.5, 9.5, 13.5, 17.5, 21.5, 25.5, 29.5]
    assert (made == made[:, :, :1, :1]).all()


def test_cells_share_a_side_that_eight_does_not_divide():
    ramp = np.arange(11, dtype=np.uint8)[None, None, :, None].repeat(11, 1).repeat(3, 3)
    # Cells end at floor(11 k / 8): 1 2 4 5 6 8 9 11.
    assert failure_watch.thumbnails(ramp)[0, 0, :, 0].tolist() == [0, 1, 2.5, 4, 5, 6.5, 8, 9.5]


def test_large_white_pictures_do_not_overflow():
    assert (failure_watch.thumbnails(flat(255, size=1024)) == 255).all()


def test_spread_of_two_flat_pictures_is_their_distance_by_root_two():
    assert failure_watch.spread(flat(100, 110)) == pytest.approx(10 / np.sqrt(2))


def test_fine_noise_counts_by_its_mean_over_a_cell():
    noisy = np.random.default_rng(0).choice([0, 255], (16, 64, 64, 3)).astype(np.uint8)
    assert failure_watch.spread(noisy) == pytest.approx(127.5 / 8, rel=0.02)  # 8 x 8 pixels a cell


def test_one_picture_has_no_spread():
    assert failure_watch.spread(flat(7)) == 0.0


def test_contrast_is_the_deviation_of_a_picture_s_pixels():
    half = flat(0, 100)
    half[0, :8] = 20
    assert failure_watch.contrasts(half).tolist() == [10.0, 0.0]


def test_a_flat_red_picture_has_no_contrast():
    red = flat(0)
    red[..., 0] = 255
    assert failure_watch.contrasts(red).tolist() == [0.0]
    red[:, :8, :, 0] = 195
    assert failure_watch.contrasts(red).tolist() == [pytest.approx(30 / np.sqrt(3))]


def test_a_translator_need_not_differ_more_than_its_sources():
    target, source = varied(), flat(100, 101, 102)
    assert failure_watch.scale(target, None).spread == failure_watch.spread(target)
    assert failure_watch.scale(target, source).spread == failure_watch.spread(source)


def streaks(streak, *measures, ripe=False):
    return [streak.add(step, m, 1.0, ripe) for step, m in enumerate(measures, start=1)]


def test_three_low_looks_in_a_row_are_too_many():
    streak = Streak()
    assert streaks(streak, 5, 0.9, 0.9, 1.1, 0.9, 0.9, 0.9)[-3:] == [False, False, True]
    assert streak.since == 5


def test_what_was_never_clearly_high_may_still_have_to_learn():
    assert not any(streaks(Streak(), 0.1, 1.9, 0.1, 0.1, 0.1, 0.1))
    assert streaks(Streak(), 0.1, 0.1, 0.1, ripe=True)[-1]


def looks(*drawn, real=REAL):
    """Steps at which a collapse begins or ends, looking every 400 of 4,000 steps."""
    looking = Watch(real)
    return looking, [
        (step, looking.collapse is not None)
        for step, made in zip(range(400, 4001, 400), drawn, strict=False)
        if looking.pictures(step, step / 4000, made)
    ]


def test_a_collapse_begins_with_the_first_look_that_found_it():
    looking, changes = looks(varied(), *[one()] * 4)
    assert changes == [(1600, True)]
    assert looking.collapse.step == 800
    assert "since step 800: they differ 0.0% as much as real ones" in looking.collapse.reason


def test_a_collapse_ends_when_pictures_clearly_differ():
    shade = flat(*range(100, 108), size=32)
    assert 0.05 < failure_watch.spread(shade) / REAL.spread < 0.1
    shade[:, ::2] = 0
    assert looks(*[one()] * 3, shade, varied())[1] == [(1200, True), (2000, False)]


def test_the_same_step_is_looked_at_once():
    looking = Watch(REAL)
    assert not any(looking.pictures(1000, 0.5, one()) for _ in range(5))


def test_a_first_tenth_of_the_budget_is_for_learning():
    looking = Watch(REAL)
    steps = (1000, 2000, 3000, 4000)
    assert not any(looking.pictures(step, step / 50000, one()) for step in steps)


def test_pictures_of_one_flat_colour_each_are_diverged():
    with pytest.raises(Diverged, match="one flat colour since step 400") as caught:
        looks(*[flat(0, 90, 200)] * 3)
    assert caught.value.step == 1200


def test_one_picture_with_something_on_it_is_not_flat():
    black = flat(*[0] * 8, size=32)
    black[3, :16] = 8
    assert failure_watch.contrasts(black).tolist() == [0, 0, 0, 4, 0, 0, 0, 0]
    looks(*[black] * 10)


@pytest.mark.parametrize("made", [flat(9, 9), one(), one(1)])
def test_nothing_is_expected_where_real_pictures_are_all_alike(made):
    assert looks(*[made] * 10, real=Scale(0.0, 0.0))[1] == []


def read(values, looking=None):
    looking = looking or LossWatch()
    for step, value in enumerate(values, start=1):
        looking.look(step, {"G": float(value), "D": 1.0 / step})


def test_an_explosion_is_found_after_twenty_looks():
    with pytest.raises(Diverged, match=r"loss G has exploded.* step 70, usual at first was 1"):
        read([*[1.0] * 25, *[-1.0] * 25, *[-1e6] * 50])


def test_a_spike_passes():
    read(([1.0] * 30 + [1e8] * 19) * 5)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_critic_s_large_and_growing_losses_are_no_explosion(sign):
    read(sign * np.geomspace(1e-3, 9e4, 500))
    read(sign * np.linspace(1e6, 9e7, 500))


def test_what_is_beyond_all_reason_from_the_start_has_exploded():
    with pytest.raises(Diverged, match=r"loss G has exploded: its size is 1e\+13 at step 20$"):
        read([1e13] * 30)


def test_a_standstill_of_every_loss_is_found_after_a_hundred_looks():
    looking = LossWatch()
    with pytest.raises(Diverged, match="D stays at 0, G stays at 100") as caught:
        for step in range(1, 200):
            looking.look(step, {"D": 0.0, "G": min(100.0, 51.0 + step)})
    assert caught.value.step == 49 + 100


def test_one_loss_alone_may_stand_still():
    read([0.0] * 500)


def test_a_model_without_losses_is_left_alone():
    looking = LossWatch()
    for step in range(500):
        looking.look(step, {})


def test_what_is_remembered_survives_json_at_every_look():
    shown = [varied(), one(), one(), one(), one(), varied(), one()]
    straight, broken, said = Watch(REAL), Watch(REAL), []
    for step, made in enumerate(shown, start=1):
        for looking in (straight, broken):
            looking.losses(step, {"G": 0.1 * step, "D": -1e6})
        said.append([w.pictures(step, step / 7, made) for w in (straight, broken)])
        kept = json.loads(json.dumps(broken.state()))
        broken = Watch(REAL)
        broken.restore(kept)
        assert broken.state() == straight.state()
        assert broken.collapse == straight.collapse
    assert said == [[False] * 2] * 3 + [[True] * 2] + [[False] * 2, [True] * 2, [False] * 2]
