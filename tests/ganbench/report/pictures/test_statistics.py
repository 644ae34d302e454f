import numpy as np
import pytest

from ganbench.report.pictures import statistics


def flat(*levels, count=3, size=16):
    return np.broadcast_to(np.array(levels, np.uint8), (count, size, size, 3)).copy()


def grey(seed, count=8, size=64):
    picture = np.random.default_rng(seed).integers(0, 256, (count, size, size, 1), np.uint8)
    return picture.repeat(3, axis=3)


def test_flat_pictures_have_one_level_and_no_power():
    found = statistics.of([flat(10, 100, 255)])
    assert found.mean.tolist() == [10, 100, 255]
    assert found.histograms.argmax(axis=1).tolist() == [1, 12, 31]
    assert found.histograms.sum(axis=1).tolist() == [1, 1, 1]
    assert found.spectrum[1].max() < 1e-6


def test_equal_pictures_overlap_and_others_do_not():
    dark, light = statistics.of([flat(10, 10, 10)]), statistics.of([flat(200, 200, 200)])
    assert statistics.overlap(dark, dark) == 1
    assert statistics.overlap(dark, light) == 0
    assert statistics.colour_distance(dark, light) == pytest.approx((190 * 3**0.5, 0))


def test_the_error_of_a_distance_is_that_of_means_over_pictures():
    rng = np.random.default_rng(0)
    levels = rng.normal(100, 12, 400)
    stack = np.stack([flat(level, 100, 100, count=1, size=2)[0] for level in levels])
    _, error = statistics.colour_distance(
        statistics.of([stack]), statistics.of([flat(60, 100, 100)])
    )
    assert error == pytest.approx(12 / 20, rel=0.1)


def test_one_picture_has_no_error():
    one = statistics.of([flat(1, 2, 3, count=1)])
    assert statistics.colour_distance(one, one) == (0, None)


def test_white_noise_has_the_same_power_at_every_frequency():
    frequencies, power = statistics.of([grey(0, 32)]).spectrum
    assert frequencies[-1] == 0.5 and frequencies[0] == 1 / 64
    assert power[4:] == pytest.approx((256**2 - 1) / 12, rel=0.2)  # the variance of a pixel


def test_a_wave_stands_at_its_frequency():
    wave = np.round(128 + 100 * np.cos(2 * np.pi * np.arange(64) / 4)).astype(np.uint8)
    stack = np.broadcast_to(wave[None, None, :, None], (2, 64, 64, 3))
    frequencies, power = statistics.of([np.array(stack)]).spectrum
    assert frequencies[np.argmax(power)] == 0.25


def test_half_the_contrast_is_six_decibels_less_of_fine_detail():
    full = grey(1)
    half = (64 + full // 2).astype(np.uint8)
    found = statistics.fine_detail(statistics.of([half]), statistics.of([full]))
    assert found == pytest.approx(20 * np.log10(0.5), abs=0.05)


def test_small_pictures_have_no_spectrum_and_none_have_nothing():
    small = statistics.of([flat(1, 2, 3, size=8)])
    assert small.spectrum is None and statistics.fine_detail(small, small) is None
    assert small.decibels == []
    assert statistics.of([]) is None


def test_halves_of_equal_pictures_overlap_and_of_others_do_not():
    assert statistics.of([flat(5, 5, 5, count=4)]).halves == 1
    mixed = flat(5, 5, 5, count=4)
    mixed[1::2] = 200
    assert statistics.of([mixed]).halves == 0
    assert statistics.of([flat(5, 5, 5, count=1)]).halves is None


def test_stacks_count_together():
    both = statistics.of([flat(0, 0, 0, count=1), flat(90, 0, 0, count=2)])
    assert both.count == 3 and both.mean.tolist() == [60, 0, 0]
