"""Both resizes beside the implementations they are named after."""

import numpy as np
import pytest
import torch

from metrics.extractors.built_in import RANDOM_INCEPTION
from metrics.extractors.extractor import Extractor
from metrics.extractors.resize import resize_like_clean_fid, resize_like_tensorflow_1, resized
from metrics.fid import frechet_distance

SIZES = [(32, 32), (64, 48), (256, 256), (299, 299), (512, 400)]


def noise(count: int, size: tuple[int, int], seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *size, 3), dtype=np.uint8)


def blocks(count: int, width: int) -> np.ndarray:
    """8 x 8 squares of `width` pixels."""
    return noise(count, (8, 8), seed=width).repeat(width, axis=1).repeat(width, axis=2)


@pytest.mark.parametrize("size", SIZES)
def test_the_resize_is_tensorflow_1s(size):
    from torch_fidelity.interpolate_compat_tensorflow import (
        interpolate_bilinear_2d_like_tensorflow1x as expected,
    )

    pictures = torch.from_numpy(noise(2, size)).permute(0, 3, 1, 2).float()
    difference = resize_like_tensorflow_1(pictures) - expected(pictures, (299, 299), None, False)
    assert difference.abs().max() < 1e-4


@pytest.mark.parametrize("size", SIZES)
def test_the_clean_resize_is_clean_fids_bit_by_bit(size):
    from cleanfid.resize import build_resizer

    picture = noise(1, size)[0]
    np.testing.assert_array_equal(resize_like_clean_fid(picture), build_resizer("clean")(picture))


def test_clean_and_tf_differ_most_where_pictures_shrink():
    cpu = torch.device("cpu")
    apart = []
    for size in ((256, 256), (512, 512)):
        tf, clean = (resized(noise(1, size), name, 299, cpu) for name in ("tf", "clean"))
        assert tf.shape == clean.shape == (1, 3, 299, 299)
        apart.append(float((tf - clean).abs().mean()))
    assert apart[1] > apart[0] > 1


def test_features_and_distance_agree_with_clean_fid(tmp_path, compare, monkeypatch):
    """Its functions read, resize and compare; the network is ours. The 4 features that vary most:
    its matrix root needs more pictures than features.
    """
    from cleanfid import fid
    from PIL import Image
    from scipy.linalg import sqrtm

    # scipy 1.18 no longer takes the `disp=False` that it is called with.
    monkeypatch.setattr(fid.linalg, "sqrtm", lambda matrix, disp: (sqrtm(matrix), 0.0))
    extractor = Extractor(RANDOM_INCEPTION, resize="clean")

    def theirs(pictures: np.ndarray, name: str) -> np.ndarray:
        (tmp_path / name).mkdir()
        for place, picture in enumerate(pictures):
            Image.fromarray(picture).save(tmp_path / name / f"{place:02}.png")
        return fid.get_folder_features(
            str(tmp_path / name),
            lambda batch: torch.from_numpy(extractor._engine((batch - 128) / 128)),
            num_workers=0,
            batch_size=4,
            device=torch.device("cpu"),
            verbose=False,
        )

    sides = blocks(8, 8), blocks(8, 42) // 2
    ours = [extractor.features(side).pool for side in sides]
    seen = [theirs(side, name) for side, name in zip(sides, ("one", "other"), strict=True)]
    on = "8 + 8 made-up pictures of 64 and 336 px"
    for features, expected in zip(ours, seen, strict=True):
        compare("features, clean", "clean-fid", on, features, expected, 1e-6)
    kept = np.argsort(seen[0].var(axis=0))[-4:]
    value = frechet_distance(*(features[:, kept] for features in ours))
    expected = fid.fid_from_feats(*(features[:, kept] for features in seen))
    compare("FID, clean", "clean-fid", f"{on}, 4 features", value, expected, 1e-4)
