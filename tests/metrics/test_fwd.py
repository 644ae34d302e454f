import numpy as np
import pytest
from scipy.linalg import sqrtm

from metrics import fwd as module
from metrics import pictures as in_blocks
from metrics.errors import InputError
from metrics.fwd import BANDS, FWD, SCALE, fwd, packets
from metrics.sample import Sample


def pictures(count: int, side: int, seed: int, tint: tuple[float, ...] = (1, 1, 1)) -> np.ndarray:
    """Coarse squares under fine noise, so that all frequencies have something."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, side // 4, side // 4, 3))
    fine = np.random.default_rng(seed + 100).integers(0, 64, (count, side, side, 3))
    mixed = np.kron(coarse, np.ones((1, 4, 4, 1), int)) * 3 // 4 + fine
    return (mixed * np.array(tint)).astype(np.uint8)


def haar(picture: np.ndarray, level: int) -> list[np.ndarray]:
    """The definition: sums and differences of 2 x 2 neighbours, halved, over and over."""
    if level == 0:
        return [picture]
    a, b = picture[0::2, 0::2], picture[0::2, 1::2]
    c, d = picture[1::2, 0::2], picture[1::2, 1::2]
    bands = a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d
    return [packet for band in bands for packet in haar(band / 2, level - 1)]


def transcription(generated: np.ndarray, real: np.ndarray) -> float:
    """The paper's formula, band by band, with the matrix square root."""
    sides = [np.array([[p.ravel() for p in haar(picture / 255, 4)] for picture in side])
             for side in (generated, real)]  # fmt: skip
    distances = []
    for ours, theirs in zip(*(np.moveaxis(side, 1, 0) for side in sides), strict=True):
        s, t = np.cov(ours, rowvar=False), np.cov(theirs, rowvar=False)
        step = ours.mean(axis=0) - theirs.mean(axis=0)
        distances.append(step @ step + np.trace(s) + np.trace(t) - 2 * np.trace(sqrtm(s @ t)).real)
    assert len(distances) == 256
    return float(np.mean(distances))


@pytest.mark.parametrize(
    ("n", "m", "tolerance"), [(30, 20, 1e-9), (9, 30, 1e-6), (30, 9, 1e-6), (7, 8, 1e-6)]
)
def test_agrees_with_a_slow_transcription_of_the_paper(compare, n, m, tolerance):
    # below 13 pictures the transcription draws roots of rounding noise
    generated, real = pictures(n, 32, 3), pictures(m, 32, 4, (1, 0.8, 0.5))
    on, slow = f"{n} + {m} made-up pictures of 32 px", transcription(generated, real)
    compare("FWD", "the paper, written out", on, fwd(generated, real).mean(), slow, tolerance)


@pytest.mark.parametrize(("side", "golden"), [(32, 0.4259623600902271), (64, 2.2977863003093884)])
def test_gives_the_number_of_the_authors_program(compare, side, golden):
    """What pytorchfwd 1.0.1 says of the same pictures, with its defaults, run once by hand."""
    value = fwd(pictures(60, side, 1), pictures(50, side, 2, (1, 0.8, 0.5))).mean()
    on = f"60 + 50 made-up pictures of {side} px"
    compare("FWD", "pytorchfwd 1.0.1 (stored: it needs an older scipy)", on, value, golden, 1e-10)


def test_grey_pictures_differ_in_the_coarsest_band_only():
    bands = fwd(np.full((3, 32, 48, 3), 200, np.uint8), np.full((4, 32, 48, 3), 149, np.uint8))
    step = 16 * (200 - 149) / 255  # of each of the 2 x 3 tiles' 3 coefficients
    assert bands[0, 0] == pytest.approx(2 * 3 * 3 * step**2, rel=1e-12)
    assert np.count_nonzero(bands) == 1


def test_stripes_of_one_pixel_lie_in_the_band_of_one_direction():
    stripes = np.zeros((2, 16, 16, 3), np.uint8)
    stripes[:, :, ::2] = 100  # columns
    found = packets(stripes).reshape(16, 16, -1)
    across = np.abs(found - packets(np.full_like(stripes, 0)).reshape(16, 16, -1)).sum(axis=2)
    assert np.argwhere(across).tolist() == [[0, 0], [0, 1]]


def test_the_transform_keeps_the_sum_of_squares():
    side = pictures(5, 48, 5)
    grey = (side.astype(float) - 128) / 255
    assert np.sum((SCALE * packets(side)) ** 2) == pytest.approx(np.sum(grey**2), rel=1e-12)


def test_no_picture_of_black_and_white_outgrows_16_bits():
    signs = module._hadamard()
    patterns = np.einsum("vy,hx->vhyx", signs, signs).reshape(BANDS, 16, 16)
    both = np.concatenate([patterns, -patterns])
    extreme = np.repeat(np.where(both > 0, 255, 0)[..., None], 3, axis=3).astype(np.uint8)
    exact = np.einsum("nyxc,byx->bnc", extreme.astype(np.int64) - 128, patterns.astype(np.int64))
    np.testing.assert_array_equal(packets(extreme), exact)
    assert np.abs(exact).max() == 2**15


def test_a_set_lies_at_0_from_itself_and_order_and_sides_do_not_matter():
    a, b = pictures(20, 32, 6), pictures(15, 32, 7)
    assert fwd(a, a[::-1]).max() < 1e-12
    np.testing.assert_allclose(fwd(a, b), fwd(b[::-1], a), rtol=1e-9)


def test_neither_blocks_nor_passes_nor_memory_maps_change_the_number(monkeypatch, tmp_path):
    a, b = pictures(20, 32, 8), pictures(15, 32, 9)
    whole = fwd(a, b)
    np.save(tmp_path / "a.npy", a)
    monkeypatch.setattr(in_blocks, "BLOCK", 6)
    monkeypatch.setattr(module, "MEMORY", a.nbytes)  # a few bands at a time
    assert 1 < len(list(module._passes(a.size + b.size))) < 16
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    np.testing.assert_array_equal(fwd(mapped, b), whole)
    monkeypatch.setattr(module, "MEMORY", 1)
    assert len(list(module._passes(a.size))) == 16
    np.testing.assert_array_equal(fwd(mapped, b), whole)


def test_the_band_of_what_changed_tells_where():
    real = pictures(40, 32, 10) // 2
    brighter, noise = real + np.uint8(20), np.random.default_rng(10).integers(0, 40, real.shape)
    measured = FWD.measure(Sample(pictures=brighter), Sample(pictures=real))
    assert measured.details["coarsest_band"] > 1 and measured.details["finer_bands"] < 1e-12
    noisy = (real + noise).astype(np.uint8)
    measured = FWD.measure(Sample(pictures=noisy), Sample(pictures=real))
    assert measured.details["finer_bands"] > 0.005
    whole = measured.details["coarsest_band"] + 255 * measured.details["finer_bands"]
    assert measured.value == pytest.approx(whole / 256)


def test_identical_pictures_give_a_number():
    one = np.repeat(pictures(1, 32, 11), 5, axis=0)
    assert fwd(one, one).max() < 1e-12
    assert np.isfinite(fwd(one, pictures(20, 32, 12))).all()
    assert np.isfinite(fwd(pictures(20, 32, 12), np.repeat(one, 5, axis=0))).all()


def test_few_pictures_carry_a_note_and_more_none():
    few, many = Sample(pictures=pictures(12, 32, 13)), Sample(pictures=pictures(240, 32, 14))
    assert FWD.measure(few, many).note == (
        "12 generated pictures for 12 coefficients a band: "
        "with so few the distance is biased upwards"
    )
    assert "12 reference pictures" in FWD.measure(many, few).note
    assert FWD.measure(many, many).note == ""


@pytest.mark.parametrize(
    ("generated", "sentence"),
    [
        (pictures(1, 32, 1), "here are 1 generated and 5 real"),
        (pictures(4, 64, 1), "generated pictures are 64 x 64, real pictures are 32 x 32"),
        (pictures(4, 32, 1) / 255, "must be uint8 grey levels, not float64"),
        (pictures(4, 32, 1)[..., 0], "must be N x H x W x 3"),
    ],
)
def test_what_cannot_be_compared_gets_a_sentence(generated, sentence):
    with pytest.raises(InputError, match=sentence):
        fwd(generated, pictures(5, 32, 2))


@pytest.mark.parametrize(("height", "width"), [(40, 40), (32, 40), (40, 32)])
def test_a_side_that_16_does_not_divide_gets_a_sentence(height, width):
    odd = pictures(4, 48, 1)[:, :height, :width]
    with pytest.raises(InputError, match=f"pictures of {width} x {height} pixels do not") as caught:
        fwd(odd, odd)
    assert "multiple of 16" in caught.value.hint


def test_two_pictures_a_side_are_enough_and_both_sides_are_looked_at():
    assert fwd(pictures(2, 32, 1), pictures(2, 32, 2)).mean() > 0
    with pytest.raises(InputError, match="real pictures must be uint8"):
        fwd(pictures(4, 32, 1), pictures(4, 32, 1) / 255)
    with pytest.raises(InputError, match="here are 5 generated and 1 real"):
        fwd(pictures(5, 32, 2), pictures(1, 32, 1))
