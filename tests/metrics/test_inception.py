import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from metrics import inception
from metrics.errors import InputError
from metrics.fid import frechet_distance
from metrics.inception import Extractor, resize_like_tensorflow_1


def made_pictures(count: int, side: int = 96, seed: int = 0, block: int = 8) -> np.ndarray:
    """Squares of `block` pixels in random colours, with a little noise: uint8 N H W 3."""
    generator = np.random.default_rng(seed)
    coarse = generator.uniform(0, 255, (count, side // block, side // block, 3))
    pictures = coarse.repeat(block, axis=1).repeat(block, axis=2)
    pictures += generator.normal(0, 9, (side, side, 3))
    return np.clip(pictures, 0, 255).astype(np.uint8)


def as_tensor(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures.copy()).permute(0, 3, 1, 2)


@cache
def extractor() -> Extractor:
    return Extractor()


@cache
def weights() -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in inception.random_weights().items()}


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory) -> Path:
    """Random weights in the official format."""
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(weights(), path)
    return path


@pytest.fixture(scope="module")
def reference(weights_file):
    """torch-fidelity's network under the same file."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    return FeatureExtractorInceptionV3(
        "parity", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(weights_file)
    )


def reference_features(reference, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.inference_mode():
        batches = [reference(batch) for batch in as_tensor(pictures).contiguous().split(4)]
    pool, logits = (torch.cat(parts).numpy() for parts in zip(*batches, strict=True))
    return pool, logits


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def assert_parity_with_torch_fidelity(
    reference, one: np.ndarray, other: np.ndarray, kept: int
) -> None:
    """Features, and the distance of the first `kept` of them: its eigenvalues cost kept cubed."""
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    ours = [extractor().features(side) for side in (one, other)]
    theirs = [reference_features(reference, side) for side in (one, other)]
    for features, (pool, logits) in zip(ours, theirs, strict=True):
        assert relative(features.pool, pool) < 2e-6
        assert relative(features.logits, logits) < 2e-6
    statistics = [
        fid_features_to_statistics(torch.from_numpy(pool[:, :kept])) for pool, _ in theirs
    ]
    expected = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    value = frechet_distance(*(features.pool[:, :kept] for features in ours))
    assert value == pytest.approx(expected, rel=1e-4)


def test_features_and_distance_agree_with_torch_fidelity_on_made_pictures(reference):
    assert_parity_with_torch_fidelity(
        reference, made_pictures(6), 255 - made_pictures(5, 72, seed=1) // 2, kept=256
    )


@pytest.mark.monet
def test_features_and_distance_agree_with_torch_fidelity_on_real_jpegs(reference):
    if not os.environ.get("GANBENCH_MONET"):
        pytest.skip("GANBENCH_MONET is not set")
    from PIL import Image

    def read(folder: str) -> np.ndarray:
        paths = sorted((Path(os.environ["GANBENCH_MONET"]) / folder).glob("*.jpg"))[:15]
        return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])

    assert_parity_with_torch_fidelity(reference, read("photo_jpg"), read("monet_jpg"), kept=2048)


@pytest.mark.parametrize("size", [(32, 32), (64, 48), (256, 256), (299, 299), (512, 400)])
def test_the_resize_is_tensorflow_1s(size):
    from torch_fidelity.interpolate_compat_tensorflow import (
        interpolate_bilinear_2d_like_tensorflow1x as expected,
    )

    generator = np.random.default_rng(3)
    pictures = torch.from_numpy(generator.integers(0, 256, (2, 3, *size)).astype(np.float32))
    difference = resize_like_tensorflow_1(pictures) - expected(pictures, (299, 299), None, False)
    assert difference.abs().max() < 1e-4


def test_the_folded_channels_last_network_equals_the_plain_one():
    plain = inception._network(dict(weights()))
    pictures = made_pictures(3)
    with torch.inference_mode():
        pool, logits = plain(as_tensor(pictures).contiguous())
    ours = extractor().features(pictures)
    assert relative(ours.pool, pool.numpy()) < 2e-6
    assert relative(ours.logits, logits.numpy()) < 2e-6


def test_batch_size_and_order_change_only_rounding(monkeypatch):
    pictures = made_pictures(5, 32)
    whole = extractor().features(pictures).pool
    monkeypatch.setattr(extractor(), "batch", 2)
    assert relative(extractor().features(pictures).pool, whole) < 2e-6
    assert relative(extractor().features(pictures[::-1]).pool[::-1], whole) < 2e-6


def test_a_memory_map_is_read_and_progress_told(tmp_path):
    np.save(tmp_path / "p.npy", made_pictures(5, 32))
    told: list[tuple[int, int]] = []
    features = extractor().features(
        np.load(tmp_path / "p.npy", mmap_mode="r"), lambda done, total: told.append((done, total))
    )
    assert features.pool.shape == (5, 2048) and features.logits.shape == (5, 1008)
    assert features.pool.dtype == np.float32
    assert told == [(4, 5), (5, 5)]


def test_constant_and_identical_pictures_give_finite_features_and_a_number():
    black = np.zeros((2, 32, 32, 3), np.uint8)
    same = np.repeat(made_pictures(1, 32), 2, axis=0)
    features = [extractor().features(side).pool for side in (black, same)]
    assert np.isfinite(features[0]).all()
    assert frechet_distance(*features) > 0


def test_random_weights_separate_colours_and_textures():
    """Another colour or texture must be farther away than more of the same."""
    base, more = made_pictures(6, 64), made_pictures(6, 64, seed=1)
    finer = made_pictures(6, 64, seed=2, block=4)
    tinted = (made_pictures(6, 64, seed=3) * [1, 0.8, 0.6]).astype(np.uint8)
    pool = [extractor().features(side).pool for side in (base, more, finer, tinted)]
    floor = frechet_distance(pool[0], pool[1])
    assert frechet_distance(pool[0], pool[2]) > 1.5 * floor
    assert frechet_distance(pool[0], pool[3]) > 1.5 * floor


def test_random_weights_are_the_same_on_every_machine():
    assert extractor().sha256.startswith("c89701d2")
    assert (extractor().official, extractor().name) == (False, "random-Inception")
    protocol = extractor().protocol()
    assert protocol["extractor"] == "random-Inception" and protocol["precision"] == "fp32"


def test_another_file_of_the_right_shape_is_loaded_but_never_official(weights_file):
    loaded = Extractor(weights_file)
    assert not loaded.official
    assert loaded.name == f"Inception (weights {loaded.sha256[:8]})"
    assert loaded.key == f"inception_{loaded.sha256[:8]}"
    pictures = made_pictures(1, 32)
    np.testing.assert_array_equal(
        loaded.features(pictures).pool, extractor().features(pictures).pool
    )


def test_safetensors_and_batch_norm_counters_are_read(tmp_path):
    from safetensors.torch import save_file

    counted = {**weights(), "Mixed_5b.branch1x1.bn.num_batches_tracked": torch.tensor(0)}
    save_file(counted, tmp_path / "w.safetensors")
    assert Extractor(tmp_path / "w.safetensors").key.startswith("inception_")


def test_the_published_hash_makes_a_file_official(weights_file, monkeypatch):
    monkeypatch.setattr(inception, "_sha256_of_file", lambda path: inception.WEIGHTS_SHA256)
    loaded = Extractor(weights_file)
    assert loaded.official and loaded.name == "Inception 2015-12-05"


def change(name: str, value: torch.Tensor | None) -> dict[str, torch.Tensor]:
    state = dict(weights())
    if value is None:
        del state[name]
    else:
        state[name] = value
    return state


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("fc.bias", None, "fc.bias is missing"),
        ("fc.bias", torch.zeros(1000), r"fc.bias has shape \(1000,\) where \(1008,\) is needed"),
        ("fc.bias", torch.full((1008,), torch.nan), "fc.bias holds values that are not finite"),
        ("AuxLogits.fc.bias", torch.zeros(3), "AuxLogits.fc.bias is no part of it"),
    ],
)
def test_wrong_names_and_shapes_are_one_sentence(name, value, sentence, tmp_path):
    torch.save(change(name, value), tmp_path / "w.pth")
    with pytest.raises(InputError, match=f"does not hold the FID Inception network: {sentence}"):
        Extractor(tmp_path / "w.pth")


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04 broken zip"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_is_no_weights_file_is_one_sentence(content, suffix, tmp_path):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a weights file") as caught:
        Extractor(path)
    assert "\n" not in str(caught.value) and "official file" in caught.value.hint


def test_a_pickled_object_is_not_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    torch.save({"fc.bias": Trap()}, tmp_path / "w.pth")
    with pytest.raises(InputError, match="is not a weights file"):
        Extractor(tmp_path / "w.pth")
    assert not (tmp_path / "executed").exists()


def test_a_missing_file_and_an_unknown_device_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        Extractor(tmp_path / "gone.pth")
    with pytest.raises(InputError, match="device 'toaster' cannot be used"):
        Extractor(device="toaster")


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((2, 8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((2, 3, 8, 8), "u1"),
    ],
)
def test_pictures_of_the_wrong_kind_are_refused(pictures):
    with pytest.raises(InputError, match="must be uint8 N H W 3"):
        extractor().features(pictures)


def test_no_pictures_are_refused():
    with pytest.raises(InputError, match="no pictures"):
        extractor().features(np.zeros((0, 8, 8, 3), np.uint8))
