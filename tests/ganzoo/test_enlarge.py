"""A set made larger: each picture as it is, or one of its copies."""

import numpy as np
import pytest

from ganzoo.enlarge import KINDS, NOISE, enlarged

PICTURES = np.random.default_rng(0).integers(0, 256, (200, 16, 16, 3), dtype=np.uint8)


def made(*kinds: str, seed: int = 1) -> np.ndarray:
    return enlarged(np.random.default_rng(seed), kinds, PICTURES)


def test_nothing_asked_changes_nothing():
    assert made() is PICTURES


@pytest.mark.parametrize("kind", KINDS)
def test_half_of_the_pictures_stay_as_they_are(kind):
    changed = made(kind)
    assert changed.shape == PICTURES.shape and changed.dtype == np.uint8
    same = (changed == PICTURES).all(axis=(1, 2, 3)).mean()
    assert 0.35 < same < 0.65
    assert np.array_equal(changed, made(kind)) and not np.array_equal(changed, made(kind, seed=2))


def test_five_versions_are_met_equally_often():
    changed = made(*KINDS)
    same, upside, mirrored = (
        (changed == other).all(axis=(1, 2, 3)).mean()
        for other in (PICTURES, PICTURES[:, ::-1], PICTURES[:, :, ::-1])
    )
    for share in (same, upside, mirrored):
        assert 0.1 < share < 0.3


def test_noise_is_as_strong_as_it_says():
    grey = np.full((64, 16, 16, 3), 128, np.uint8)
    noisy = enlarged(np.random.default_rng(0), ("noise",), grey).astype(float)
    spread = noisy[noisy.std(axis=(1, 2, 3)) > 0].std()
    assert abs(spread - NOISE) < 0.5


def test_a_crop_shows_a_part_larger():
    ramp = np.tile(np.arange(0, 256, 8, dtype=np.uint8)[None, None, :, None], (64, 32, 1, 3))
    cut = enlarged(np.random.default_rng(0), ("crop",), ramp).astype(int)
    ranges = cut[:, 16, -2, 0] - cut[:, 16, 1, 0]
    whole = int(ramp[0, 16, -2, 0]) - int(ramp[0, 16, 1, 0])
    assert set(np.unique(ranges < 0.85 * whole)) == {False, True}
