"""What other programs' translators leave in one folder, and how one kind of it is picked."""

import numpy as np
import pytest
from PIL import Image

from ganbench.errors import InputError
from ganbench.scoring import translator_results


def mixed(folder, *ends):
    """Two pictures of each kind."""
    folder.mkdir()
    for seed, end in enumerate(ends * 2):
        pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        file = folder / f"{seed}{end}"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(file)
    return folder


@pytest.mark.parametrize(
    ("ends", "hint"),
    [
        (("_real_A.png", "_fake_B.png", "_rec_A.png", "_idt_B.png"), "--only '*_fake_B.png'"),
        (("-inputs.png", "-outputs.png", "-targets.png"), "--only '*-outputs.png'"),
        (("_input_label.jpg", "_synthesized_image.jpg"), "--only '*_synthesized_image.jpg'"),
        (("_real_A.png", "_real_B.png"), "--only '*_real_A.png'"),
    ],
)
def test_mixed_kinds_are_named_and_one_can_be_picked(ganbench, scored, tmp_path, real, ends, hint):
    folder = mixed(tmp_path / "images", *ends)
    code, _, err = ganbench("score", folder, real)
    assert code == 2 and hint in err
    assert all(f"2 *{end}" in err for end in ends)
    glob = hint.split("'")[1]
    found = scored(folder, real, "--metrics", "fid", "--only", glob)
    assert found["generated"]["count"] == 2
    other = scored(folder, folder, "--metrics", "fid", "--only", glob, "--only-real", "*")
    assert (other["generated"]["count"], other["real"]["count"]) == (2, 2 * len(ends))


def test_folders_of_kinds_are_told_too(ganbench, tmp_path, real):
    names = ["fake_B/1.png", "real_A/1.png"]
    with pytest.raises(InputError, match=r"1 fake_B/\*, 1 real_A/\*") as caught:
        translator_results.refuse_mixed("images", names)
    assert "--only 'fake_B/*'" in caught.value.hint


@pytest.mark.parametrize(
    "names",
    [
        ("1_fake_B.png", "2_fake_B.png"),
        ("fake_B/1.png", "fake_B/2.png"),
        ("monet.png", "outputs-of-1.png", "inputs.of.2.png"),
        ("1_fake_B.png", "holiday.png"),
    ],
)
def test_one_kind_is_a_set(names):
    translator_results.refuse_mixed("images", names)


def test_a_pattern_that_fits_nothing_and_one_that_has_nothing_to_pick_from(
    ganbench, fake, real, suite
):
    code, _, err = ganbench("score", fake, real, "--only", "*_fake_B")
    assert code == 2
    assert f"none of the 6 pictures in {fake} is called *_fake_B (for instance 000.png)" in err
    for pattern in (".", "/", "["):
        code, _, err = ganbench("score", fake, real, "--only", pattern)
        assert code == 2 and f"is called {pattern} (for" in err
    np.save(fake.with_suffix(".npy"), np.zeros((2, 12, 16, 3), np.uint8))
    for side in (fake.with_suffix(".npy"), suite / "whole"):
        code, _, err = ganbench("score", fake, side, "--only-real", "*.png")
        assert code == 2 and "is no folder of files" in err


def test_a_picked_part_of_two_sets_is_one_set(scored, tmp_path, real):
    (tmp_path / "kaggle").mkdir()
    for name in ("photo_jpg", "monet_jpg"):
        mixed(tmp_path / "kaggle" / name, ".png")
    found = scored(tmp_path / "kaggle", real, "--metrics", "fid", "--only", "monet_jpg/*")
    assert found["generated"]["count"] == 2
