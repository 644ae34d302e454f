"""The cache of features: what hits, what misses, and what damage does."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ganbench.errors import InputError
from ganbench.scoring import feature_cache
from metrics.sample import Sample

PROTOCOL = {"extractor": "eight", "resize": "TF1", "precision": "fp32", "extractor_version": 1}


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))


def sample(count: int = 6) -> Sample:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    pool, logits = random.random((count, 8), np.float32), random.random((count, 5), np.float32)
    return Sample(pool, logits, pictures)


def test_features_come_back_bit_by_bit_and_without_pictures():
    made = sample()
    folder = feature_cache.key("content", PROTOCOL)
    feature_cache.write(folder, [made])
    back = feature_cache.read(folder)
    np.testing.assert_array_equal(back.pool, made.pool)
    np.testing.assert_array_equal(back.logits, made.logits)
    assert back.pictures is None


def test_parts_are_the_same_as_the_whole():
    made = sample(7)
    feature_cache.write(feature_cache.key("whole", PROTOCOL), [made])
    feature_cache.write(
        feature_cache.key("parts", PROTOCOL), (made[i : i + 3] for i in range(0, 7, 3))
    )
    whole, parts = (
        feature_cache.read(feature_cache.key(name, PROTOCOL)) for name in ("whole", "parts")
    )
    np.testing.assert_array_equal(whole.pool, parts.pool)
    np.testing.assert_array_equal(whole.logits, parts.logits)


def test_what_was_made_is_not_made_again():
    calls = []

    def make():
        calls.append(1)
        return sample()

    first, second = (feature_cache.cached("content", PROTOCOL, make) for _ in range(2))
    assert len(calls) == 1
    np.testing.assert_array_equal(first.pool, second.pool)


@pytest.mark.parametrize(
    ("content", "changed"),
    [
        ("other", {}),
        ("content", {"extractor": "nine"}),
        ("content", {"resize": "clean"}),
        ("content", {"precision": "bf16"}),
        ("content", {"extractor_version": 2}),
    ],
)
def test_other_content_or_another_protocol_is_another_entry(content, changed):
    assert feature_cache.key(content, PROTOCOL | changed) != feature_cache.key("content", PROTOCOL)


def test_the_order_of_a_protocol_does_not_matter():
    turned = dict(reversed(PROTOCOL.items()))
    assert feature_cache.key("content", turned) == feature_cache.key("content", PROTOCOL)


def test_another_kind_of_device_is_another_entry_and_another_gpu_is_not():
    cpu, first, second = (
        feature_cache.key("content", PROTOCOL, d) for d in ("cpu", "cuda", "cuda:1")
    )
    assert cpu != first == second


def test_another_torch_is_another_entry(monkeypatch):
    before = feature_cache.key("content", PROTOCOL)
    monkeypatch.setattr("ganbench.system.environment.installed", lambda package: "0.0")
    assert feature_cache.key("content", PROTOCOL) != before


def test_a_picture_that_cannot_be_read_is_not_blamed_on_the_cache():
    def parts():
        yield sample()
        raise FileNotFoundError("picture.png")

    with pytest.raises(FileNotFoundError, match=r"picture\.png"):
        feature_cache.write(feature_cache.key("content", PROTOCOL), parts())


def damage_flip(folder):
    data = bytearray((folder / "pool.npy").read_bytes())
    data[-1] ^= 1
    (folder / "pool.npy").write_bytes(data)


def damage_cut(folder):
    data = (folder / "pool.npy").read_bytes()
    (folder / "pool.npy").write_bytes(data[:-10])


def damage_missing(folder):
    (folder / "logits.npy").unlink()


def damage_text(folder):
    (folder / "about.json").write_text("[]")


def damage_count(folder):
    about = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps(about | {"count": 5}))


@pytest.mark.parametrize(
    "damage", [damage_flip, damage_cut, damage_missing, damage_text, damage_count]
)
def test_a_damaged_entry_is_made_again(damage):
    made = sample()
    folder = feature_cache.key("content", PROTOCOL)
    feature_cache.write(folder, [made])
    damage(folder)
    with pytest.raises(InputError, match="damaged"):
        feature_cache.read(folder)
    again = feature_cache.cached("content", PROTOCOL, lambda: made)
    np.testing.assert_array_equal(again.pool, made.pool)
    np.testing.assert_array_equal(feature_cache.read(folder).logits, made.logits)


def test_an_interrupted_entry_leaves_nothing():
    def parts():
        yield sample()
        raise KeyboardInterrupt

    folder = feature_cache.key("content", PROTOCOL)
    with pytest.raises(KeyboardInterrupt):
        feature_cache.write(folder, parts())
    assert list(folder.parent.iterdir()) == []


def test_many_features_stay_on_disk(monkeypatch):
    monkeypatch.setattr(feature_cache, "MANY", 5)
    kept = feature_cache.cached("content", PROTOCOL, sample)
    assert isinstance(kept.pool, np.memmap)
    assert not isinstance(feature_cache.cached("few", PROTOCOL, lambda: sample(5)).pool, np.memmap)


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot write to the cache") as caught:
        feature_cache.write(feature_cache.key("content", PROTOCOL), [sample()])
    assert "GANBENCH_CACHE" in caught.value.hint


def test_what_the_maker_told_is_known_again():
    folder = feature_cache.key("content", PROTOCOL)
    feature_cache.write(folder, [sample()], lambda: {"broken": {"3": "cut"}})
    assert feature_cache.read_about(folder) == {"broken": {"3": "cut"}}


def test_of_several_that_want_the_same_one_looks():
    looked = []

    def make():
        looked.append(1)
        time.sleep(0.2)
        return sample()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: feature_cache.cached("same", PROTOCOL, make), range(4)))
    assert len(looked) == 1
    assert all(np.array_equal(each.pool, found[0].pool) for each in found)
