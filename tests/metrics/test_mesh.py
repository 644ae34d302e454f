"""The mesh: 0 dB without one, rising with its strength, wherever it stands and however it lies."""

import numpy as np
import pytest
import torch

from metrics import registry
from metrics.errors import InputError
from metrics.mesh import excess, lattice, powers
from metrics.sample import Sample

MESH = registry.get("mesh")


def clouds(count: int = 24, side: int = 64, seed: int = 0) -> np.ndarray:
    """Pictures with a spectrum that falls as natural ones do: uint8 N side side 3."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij"))
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(random.normal(size=(count, 3, side, side))) / frequency
    pictures = np.fft.irfft2(spectrum, s=(side, side))
    pictures = 128 + 40 * pictures / pictures.std()
    return pictures.clip(0, 255).transpose(0, 2, 3, 1).round().astype(np.uint8)


def mesh(pictures: np.ndarray) -> float:
    return excess(powers(pictures), slice(None))


def with_checkerboard(pictures: np.ndarray, period: int, grey_levels: float) -> np.ndarray:
    y, x = np.mgrid[: pictures.shape[1], : pictures.shape[2]] // (period // 2)
    board = ((y + x) % 2 - 0.5) * 2 * grey_levels
    return np.clip(pictures + board[..., None], 0, 255).round().astype(np.uint8)


def test_pictures_without_a_mesh_are_near_0():
    for made in (clouds(), np.random.default_rng(0).integers(0, 256, (24, 64, 64, 3), "u1")):
        found = MESH.measure(Sample(pictures=made), Sample(pictures=made))
        assert abs(found.value) < 4 * found.error < 2
        assert found.details["real"] == found.value


@pytest.mark.parametrize("period", [2, 4])
def test_it_rises_with_the_strength_of_a_checkerboard(period):
    pictures = clouds()
    found = [mesh(with_checkerboard(pictures, period, grey)) for grey in (0, 1, 2, 4, 8)]
    assert np.min(np.diff(found)) > 0.5 and found[-1] > 12


def test_stripes_are_a_mesh_too():
    striped = clouds()
    striped[:, ::2] = np.minimum(striped[:, ::2], 251) + 4
    assert mesh(striped) > mesh(clouds()) + 6


def test_a_transposed_convolution_leaves_one_and_an_upsampling_does_not():
    torch.manual_seed(0)
    deep = torch.nn.Sequential(
        torch.nn.ConvTranspose2d(8, 8, 4, 2, 1),
        torch.nn.ReLU(),
        torch.nn.ConvTranspose2d(8, 3, 4, 2, 1),
    )
    smooth = torch.nn.Upsample(scale_factor=4, mode="bicubic")
    coarse = torch.from_numpy(clouds(24, 16)[..., :1].copy()).permute(0, 3, 1, 2).float() / 128 - 1
    with torch.inference_mode():
        made = [deep(coarse.expand(-1, 8, -1, -1)), smooth(coarse.expand(-1, 3, -1, -1))]
    pictures = [
        (128 + 60 * (x - x.mean()) / x.std()).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
        for x in made
    ]
    assert mesh(pictures[0]) > 10 and mesh(pictures[1]) < 3


def test_no_peak_is_its_own_neighbour_and_none_is_forgotten():
    places = lattice(64, 96)
    peaks = {(int(v[0]), int(u[0])) for (v, u), _ in places}
    assert len(peaks) == 11  # 4 x 3 of the lower half, less the mean
    for (v, u), (rows, columns) in places:
        assert (int(v[0]), int(u[0])) not in set(zip(rows.tolist(), columns.tolist(), strict=True))
        assert columns.max() <= 48 and rows.max() < 64 and min(rows.min(), columns.min()) >= 0


def test_brightness_and_contrast_do_not_count():
    pictures = with_checkerboard(clouds(), 2, 8)
    half = (pictures // 2 + 60).astype(np.uint8)
    assert mesh(half) == pytest.approx(mesh(pictures), abs=0.5)


@pytest.mark.parametrize("side", [16, 66])
def test_a_size_without_whole_periods_is_one_sentence(side):
    tiny = Sample(pictures=np.zeros((4, side, side, 3), np.uint8))
    with pytest.raises(InputError, match=f"pictures of {side} x {side} pixels"):
        MESH.measure(tiny, tiny)


def test_flat_pictures_have_a_number():
    flat = Sample(pictures=np.zeros((4, 32, 32, 3), np.uint8))
    assert np.isfinite(MESH.measure(flat, flat).value)


def test_ten_decibel_are_ten_times_the_power_around_a_peak():
    around = np.ones((3, 5), np.float32)
    for times, decibel in ((1, 0), (10, 10), (100, 20)):
        found = excess([(np.full(3, times, np.float32), around)], slice(None))
        assert found == pytest.approx(decibel, abs=1e-5)
    both = [(np.full(3, times, np.float32), around) for times in (1, 19)]
    assert excess(both, slice(None)) == pytest.approx(10)  # the mean over peaks is of powers


def test_colours_count_as_the_eye_sees_them():
    """A mesh of one grey level in one channel is as strong as that channel's part of the luma."""
    found = []
    for channel in range(3):
        board = np.full((1, 64, 64, 3), 128, np.uint8)
        board[:, ::2, :, channel] += 10
        places = [(int(v[0]), int(u[0])) for (v, u), _ in lattice(64, 64)]
        peak, _ = powers(board)[places.index((32, 0))]
        found.append(float(np.sqrt(peak[0])))
    np.testing.assert_allclose(np.array(found) / sum(found), [0.299, 0.587, 0.114], rtol=1e-4)


def test_each_picture_is_held_against_its_own_brightness():
    dark = clouds(8, seed=1) // 4
    both = [np.concatenate([dark, other]) for other in (dark, dark + 190)]
    assert mesh(both[1]) == pytest.approx(mesh(both[0]), abs=1e-3)
