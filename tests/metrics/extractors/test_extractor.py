"""Pictures to features: parity, invariances, choices and bad input."""

import numpy as np
import pytest
import torch

from metrics.errors import InputError
from metrics.extractors import extractor as module
from metrics.extractors.built_in import INCEPTION, RANDOM_INCEPTION
from metrics.extractors.extractor import Extractor
from metrics.fid import frechet_distance


def made_pictures(count: int, side: int = 96, seed: int = 0, block: int = 8) -> np.ndarray:
    """Squares of `block` pixels in random colours, with a little noise: uint8 N H W 3."""
    generator = np.random.default_rng(seed)
    coarse = generator.uniform(0, 255, (count, side // block, side // block, 3))
    pictures = coarse.repeat(block, axis=1).repeat(block, axis=2)
    pictures += generator.normal(0, 9, (side, side, 3))
    return np.clip(pictures, 0, 255).astype(np.uint8)


def as_tensor(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures.copy()).permute(0, 3, 1, 2)


def reference_features(reference, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.inference_mode():
        batches = [reference(batch) for batch in as_tensor(pictures).contiguous().split(4)]
    pool, logits = (torch.cat(parts).numpy() for parts in zip(*batches, strict=True))
    return pool, logits


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def test_features_and_distance_agree_with_torch_fidelity(reference, extractor):
    """The distance of 256 features: its eigenvalues cost their number cubed. Real pictures stand
    in test_parity.py.
    """
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    sides = made_pictures(6), 255 - made_pictures(5, 72, seed=1) // 2
    ours = [extractor.features(side) for side in sides]
    theirs = [reference_features(reference, side) for side in sides]
    for features, (pool, logits) in zip(ours, theirs, strict=True):
        assert relative(features.pool, pool) < 1e-6
        assert relative(features.logits, logits) < 1e-6
    statistics = [fid_features_to_statistics(torch.from_numpy(pool[:, :256])) for pool, _ in theirs]
    expected = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    value = frechet_distance(*(features.pool[:, :256] for features in ours))
    assert value == pytest.approx(expected, rel=1e-4)


def test_pictures_of_several_sizes_are_seen_as_they_are_alone(monkeypatch, extractor):
    sides = made_pictures(2, 32), made_pictures(1, 48, seed=1), made_pictures(1, 32, seed=2)
    monkeypatch.setattr(extractor, "batch", 3)
    together = extractor.features([picture for side in sides for picture in side]).pool
    alone = np.concatenate([extractor.features(side).pool for side in sides])
    assert relative(together, alone) < 1e-6
    with pytest.raises(InputError, match="uint8 N H W 3"):
        extractor.features([made_pictures(1)[0], np.zeros((4, 4, 3), np.float32)])


def test_batch_size_and_order_change_only_rounding(monkeypatch, extractor):
    pictures = made_pictures(5, 32)
    whole = extractor.features(pictures).pool
    monkeypatch.setattr(extractor, "batch", 2)
    assert relative(extractor.features(pictures).pool, whole) < 1e-6
    assert relative(extractor.features(pictures[::-1]).pool[::-1], whole) < 1e-6


def test_a_memory_map_is_read_and_progress_told(tmp_path, extractor):
    np.save(tmp_path / "p.npy", made_pictures(5, 32))
    told: list[tuple[int, int]] = []
    features = extractor.features(
        np.load(tmp_path / "p.npy", mmap_mode="r"), lambda done, total: told.append((done, total))
    )
    assert features.pool.shape == (5, 2048) and features.logits.shape == (5, 1008)
    assert features.pool.dtype == np.float32
    assert told == [(4, 5), (5, 5)]


def test_constant_and_identical_pictures_give_finite_features_and_a_number(extractor):
    black = np.zeros((2, 32, 32, 3), np.uint8)
    same = np.repeat(made_pictures(1, 32), 2, axis=0)
    features = [extractor.features(side).pool for side in (black, same)]
    assert np.isfinite(features[0]).all()
    assert frechet_distance(*features) > 0


def test_random_weights_separate_colours_and_textures(extractor):
    """Another colour or texture must be farther away than more of the same."""
    base, more = made_pictures(6, 64), made_pictures(6, 64, seed=1)
    finer = made_pictures(6, 64, seed=2, block=4)
    tinted = (made_pictures(6, 64, seed=3) * [1, 0.8, 0.6]).astype(np.uint8)
    pool = [extractor.features(side).pool for side in (base, more, finer, tinted)]
    floor = frechet_distance(pool[0], pool[1])
    assert frechet_distance(pool[0], pool[2]) > 1.5 * floor
    assert frechet_distance(pool[0], pool[3]) > 1.5 * floor


def test_a_missing_file_and_an_unknown_device_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        Extractor(INCEPTION, tmp_path / "gone.pth")
    with pytest.raises(InputError, match="device 'toaster' cannot be used"):
        Extractor(RANDOM_INCEPTION, device="toaster")


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((2, 8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((2, 3, 8, 8), "u1"),
    ],
)
def test_pictures_of_the_wrong_kind_are_refused(pictures, extractor):
    with pytest.raises(InputError, match="must be uint8 N H W 3"):
        extractor.features(pictures)


def test_no_pictures_are_refused(extractor):
    with pytest.raises(InputError, match="no pictures"):
        extractor.features(np.zeros((0, 8, 8, 3), np.uint8))


@pytest.mark.parametrize("choice", ["resize", "precision", "engine"])
def test_what_there_is_not_is_named_with_what_there_is(choice):
    with pytest.raises(InputError, match=f"there is no {choice} 'sideways'") as caught:
        Extractor(RANDOM_INCEPTION, **{choice: "sideways"})
    assert caught.value.hint.startswith(f"{choice}: ") and " or " in caught.value.hint


def test_protocols_tell_resize_precision_and_engine_apart(extractor):
    protocols = [
        extractor.protocol(),
        Extractor(RANDOM_INCEPTION, resize="clean").protocol(),
        Extractor(RANDOM_INCEPTION, precision="bf16").protocol(),
    ]
    resizes = [protocol["resize"] for protocol in protocols]
    assert resizes[0] == resizes[2] == "TF1 bilinear 299"
    assert resizes[1].startswith("clean-fid bicubic 299 (Pillow ")
    assert [protocol["precision"] for protocol in protocols] == ["fp32", "fp32", "bf16"]
    assert {protocol["engine"] for protocol in protocols} == {"torch"}


def test_bf16_stays_near_and_never_carries_the_published_name(weights_file, monkeypatch, extractor):
    monkeypatch.setattr(module, "sha256_of", lambda *_: INCEPTION.release.sha256)
    rough = Extractor(INCEPTION, weights_file, precision="bf16")
    assert (rough.official, rough.key) == (False, "inception_bf16")
    assert rough.name == "Inception 2015-12-05 bf16"
    pictures = made_pictures(3)
    moved = relative(rough.features(pictures).pool, extractor.features(pictures).pool)
    assert 1e-4 < moved < 2e-2  # random weights; the last layer's mean is in fp32


def test_the_number_of_torch_threads_stays_as_it_was(monkeypatch, extractor):
    monkeypatch.setattr(extractor._engine, "workers", 2)
    before = torch.get_num_threads()
    extractor.features(made_pictures(5, 32))
    assert torch.get_num_threads() == before
