"""What a second `ganbench score` need not look at again, and what it must."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench.errors import InputError


def pixels(seed: int, count: int = 5, height: int = 12, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def write_folder(folder: Path, pictures: np.ndarray, ending: str = "png") -> Path:
    folder.mkdir(parents=True)
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{i:03d}.{ending}")
    return folder


def test_a_second_score_looks_at_nothing_that_was_seen(
    ganbench, scored, fake, real, tmp_path, eight
):
    first = scored(fake, real, "--metrics", "fid")
    assert eight.looked == [6, 5]
    assert not first["real"]["features_from_cache"]
    other = write_folder(tmp_path / "other", pixels(7, 4))
    eight.looked.clear()
    again = scored(other, real, "--metrics", "fid")
    assert eight.looked == [4]
    assert again["real"]["features_from_cache"]
    _, out, _ = ganbench("score", fake, real, "--metrics", "fid")
    assert eight.looked == [4]
    assert f"{real}: features from the cache" in out


def test_with_both_sides_in_the_cache_no_network_is_built(scored, fake, real, eight):
    first = scored(fake, real, "--metrics", "fid")
    eight.built.clear()
    again = scored(fake, real, "--metrics", "fid")
    assert eight.built == []
    assert again["results"] == first["results"]


def test_other_names_in_the_same_order_are_still_known(scored, fake, real, eight):
    scored(fake, real, "--metrics", "fid")
    eight.looked.clear()
    moved = real.rename(real.with_name("elsewhere"))
    for file in list(moved.glob("*")):
        file.rename(file.with_name(f"x{file.name}"))
    assert scored(fake, moved, "--metrics", "fid")["real"]["features_from_cache"]
    assert eight.looked == []


def test_the_same_files_in_another_order_are_not_the_same_rows(scored, fake, real, eight):
    scored(fake, real, "--metrics", "fid")
    eight.looked.clear()
    (real / "000.png").rename(real / "z.png")
    assert not scored(fake, real, "--metrics", "fid")["real"]["features_from_cache"]
    assert eight.looked == [5]


def test_one_changed_byte_misses(scored, fake, real, eight):
    before = scored(fake, real, "--metrics", "fid")
    data = bytearray((real / "002.png").read_bytes())
    data += b"\0"
    (real / "002.png").write_bytes(data)
    eight.looked.clear()
    after = scored(fake, real, "--metrics", "fid")
    assert eight.looked == [5]
    assert after["real"]["fingerprint"] != before["real"]["fingerprint"]


@pytest.mark.parametrize("option", [("--protocol", "clean"), ("--precision", "bf16")])
def test_another_protocol_misses(scored, fake, real, option, eight):
    scored(fake, real, "--metrics", "fid")
    eight.looked.clear()
    scored(fake, real, "--metrics", "fid", *option)
    assert eight.looked == [6, 5]


def test_other_weights_miss(scored, fake, real, tmp_path, monkeypatch, eight):
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"one")
    scored(fake, real, "--metrics", "fid", "--inception-weights", weights)
    weights.write_bytes(b"two")
    monkeypatch.setattr(eight, "sha256", "9876543210")
    eight.looked.clear()
    found = scored(fake, real, "--metrics", "fid", "--inception-weights", weights)
    assert eight.looked == [6, 5]
    assert found["extractor"]["sha256"] == "9876543210"


def test_another_kind_of_device_misses_and_the_protocol_stays(scored, fake, real, eight):
    first = scored(fake, real, "--metrics", "fid", "--device", "cpu")
    eight.looked.clear()
    other = scored(fake, real, "--metrics", "fid", "--device", "cuda:0")
    assert eight.looked == [6, 5]
    assert other["extractor"] == first["extractor"]
    scored(fake, real, "--metrics", "fid", "--device", "cuda:1")
    assert eight.looked == [6, 5]


def test_a_device_that_is_not_there_is_refused_even_with_all_in_the_cache(
    ganbench, scored, fake, real, monkeypatch
):
    scored(fake, real, "--metrics", "fid", "--device", "cuda:9")

    def gone(framework, name):
        raise InputError(f'there is no device "{name}" here')

    monkeypatch.setattr("ganbench.system.frameworks.choose_device", gone)
    code, _, err = ganbench("score", fake, real, "--metrics", "fid", "--device", "cuda:9")
    assert code == 2 and 'no device "cuda:9"' in err


def test_a_damaged_entry_is_made_again(scored, fake, real, tmp_path, eight):
    first = scored(fake, real, "--metrics", "fid")
    for entry in (tmp_path / "cache" / "features").glob("*/pool.npy"):
        entry.write_bytes(entry.read_bytes()[:-4])
    for entry in (tmp_path / "cache" / "extractors").glob("*"):
        entry.write_text("{}")
    eight.looked.clear()
    again = scored(fake, real, "--metrics", "fid")
    assert eight.looked == [6, 5]
    assert again["results"] == first["results"]
