"""What a side of `ganbench score` may be, and what its broken files do."""

import hashlib
import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image

from ganbench import record
from ganbench.data.sources import tfrecord
from ganbench.scoring import file_set, image_sets


def pixels(seed: int, count: int = 5, height: int = 12, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def write_folder(folder: Path, pictures: np.ndarray, ending: str = "png") -> Path:
    folder.mkdir(parents=True)
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{i:03d}.{ending}")
    return folder


def value(found, key: str = "fid") -> float:
    return {result["key"]: result["value"] for result in found["results"]}[key]


def as_zip(folder: Path, pictures: np.ndarray) -> Path:
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for file in sorted(folder.glob("*")):
            archive.write(file, f"deep/below/{file.name}")
    return folder.with_suffix(".zip")


def as_npy(folder: Path, pictures: np.ndarray) -> Path:
    np.save(folder.with_suffix(".npy"), pictures)
    return folder.with_suffix(".npy")


def as_npz(folder: Path, pictures: np.ndarray) -> Path:
    np.savez(folder.with_suffix(".npz"), pictures)
    return folder.with_suffix(".npz")


def as_packed_npz(folder: Path, pictures: np.ndarray) -> Path:
    labels = np.zeros(len(pictures), np.int64)
    np.savez_compressed(folder.with_suffix(".npz"), labels=labels, images=pictures)
    return folder.with_suffix(".npz")


@pytest.mark.parametrize("form", [as_zip, as_npy, as_npz, as_packed_npz])
def test_the_form_of_a_side_does_not_change_the_numbers(scored, fake, real, lighter, form):
    options = ("--metrics", "fid,lighter", "--plugin", lighter)
    plain = scored(fake, real, *options)
    other = scored(form(fake, pixels(0, 6)), real, *options)
    assert value(other) == value(plain)
    assert value(other, "lighter") == value(plain, "lighter")
    assert other["generated"]["count"] == 6


def test_pictures_keep_their_own_size(scored, tmp_path, real, eight):
    wide = write_folder(tmp_path / "wide", pixels(2, 3, height=7, width=30))
    found = scored(wide, real, "--metrics", "fid")
    assert (found["generated"]["height"], found["generated"]["width"]) == (7, 30)
    assert (found["real"]["height"], found["real"]["width"]) == (12, 16)


def test_pixels_are_those_that_pillow_decodes(tmp_path):
    folder = write_folder(tmp_path / "jpegs", pixels(0, 3), "jpg")
    side = image_sets.open_side(str(folder))
    (part,) = side.parts(10)
    wanted = [np.asarray(Image.open(file).convert("RGB")) for file in sorted(folder.glob("*"))]
    np.testing.assert_array_equal(part, wanted)


def test_a_picture_is_turned_upright_before_sizes_are_compared(scored, tmp_path, real, eight):
    lying = write_folder(tmp_path / "lying", pixels(2, 3, height=8, width=4))
    turned = Image.Exif()
    turned[0x0112] = 6
    picture = Image.fromarray(pixels(5, 1, height=4, width=8)[0])
    picture.save(lying / "turned.jpg", exif=turned)
    found = scored(lying, real, "--metrics", "fid")
    assert (found["generated"]["count"], found["generated"]["height"]) == (4, 8)


def test_a_run_is_its_last_samples(scored, suite, real, tmp_path):
    run = scored(suite / "whole", real, "--metrics", "fid")
    file = scored(suite / "whole/samples/2.npy", real, "--metrics", "fid")
    assert value(run) == value(file)
    assert value(run) != value(scored(suite / "whole/samples/1.npy", real, "--metrics", "fid"))


def test_pictures_beside_runs_are_scored_without_them(scored, suite, fake, real):
    fake.rename(suite / "fake")
    found = scored(suite, real, "--metrics", "fid")
    assert found["generated"]["count"] == 6
    assert f"runs in {suite} are left aside, for instance empty" in found["warnings"]


@pytest.mark.parametrize("status", ["diverged", "collapsed", "interrupted"])
def test_samples_of_an_unfinished_run_come_with_a_warning(scored, suite, real, status):
    run = record.read(suite / "whole")
    assert not any("no finished" in w for w in noted(scored, suite, real))
    record.write(suite / "whole", replace(run, status=record.Status(status, 1234, 0.5)))
    (told,) = [w for w in noted(scored, suite, real) if "no finished" in w]
    assert f"({status} at step 1,234): its 8 samples are of step 2" in told


def noted(scored, suite, real) -> list[str]:
    return scored(suite / "whole", real, "--metrics", "fid")["warnings"]


def test_black_samples_of_a_run_are_no_cast_floats(scored, suite, real):
    np.save(suite / "whole/samples/2.npy", np.zeros((4, 12, 16, 3), np.uint8))
    assert scored(suite / "whole", real, "--metrics", "fid")["generated"]["count"] == 4


def test_turned_files_and_alpha_channels_are_counted(scored, fake, real):
    before = scored(fake, real, "--metrics", "fid")["warnings"]
    turned = Image.Exif()
    turned[0x0112] = 3
    Image.fromarray(pixels(5, 1)[0]).save(fake / "turned.jpg", exif=turned)
    Image.fromarray(pixels(6, 1)[0]).convert("RGBA").save(fake / "alpha.png")
    told = scored(fake, real, "--metrics", "fid")["warnings"]
    assert not any("EXIF" in warning for warning in before)
    (words,) = [warning for warning in told if "EXIF" in warning]
    assert words.startswith(f"2 of 8 files of {fake} ")


def test_a_side_of_several_sizes_is_looked_at_one_by_one(scored, ganbench, tmp_path, real, eight):
    plain = write_folder(tmp_path / "plain", pixels(0, 4))
    mixed = write_folder(tmp_path / "mixed", pixels(0, 4))
    Image.fromarray(pixels(3, 1, 9, 20)[0]).save(mixed / "001a.png")
    Image.fromarray(pixels(4, 1, 30, 30)[0]).save(mixed / "zz.png")
    eight.looked.clear()
    sides = [image_sets.open_side(str(folder)) for folder in (plain, mixed)]
    assert sides[0].size == (12, 16) and sides[1].size is None
    found = scored(mixed, real, "--metrics", "fid")
    assert (found["generated"]["count"], found["generated"]["height"]) == (6, None)
    (told,) = [w for w in found["warnings"] if "sizes" in w]
    assert f"the pictures in {mixed} are of 3 sizes, from 20x9 to 30x30" in told
    assert scored(mixed, real, "--metrics", "fid")["generated"]["features_from_cache"]
    named = [result["metric"] for result in scored(mixed, real)["results"]]
    assert "kid" in named and "mesh" not in named and "fwd" not in named
    _, out, _ = ganbench("score", real, mixed)
    assert "note: left out: fwd, mesh: the pictures in" in out


def test_pictures_of_several_sizes_come_in_the_order_of_names_and_in_whole_parts(tmp_path):
    folder = write_folder(tmp_path / "mixed", pixels(0, 4))
    Image.fromarray(pixels(3, 1, 9, 20)[0]).save(folder / "001a.png")
    (folder / "002.png").write_bytes(b"")
    parts = list(image_sets.open_side(str(folder)).parts(3))
    assert [len(part) for part in parts] == [3, 1]
    wanted = [*pixels(0, 2), pixels(3, 1, 9, 20)[0], pixels(0, 4)[3]]
    got = [picture for part in parts for picture in part]
    assert all(np.array_equal(*pair) for pair in zip(got, wanted, strict=True))


def test_what_is_kept_of_pictures_of_one_size_has_the_key_that_it_always_had(tmp_path):
    folder = write_folder(tmp_path / "plain", pixels(0, 2))
    side = image_sets.open_side(str(folder))
    digests = tuple(hashlib.sha256(f.read_bytes()).digest() for f in sorted(folder.glob("*")))
    told = repr(("files", file_set.DECODING, PIL.__version__, digests))
    assert side.content == hashlib.sha256(told.encode()).hexdigest()


def test_a_picture_that_looks_like_a_sheet_of_many_is_mentioned(scored, tmp_path, real):
    sheets = write_folder(tmp_path / "sheets", pixels(2, 3, height=8, width=64))
    told = scored(sheets, real, "--metrics", "fid")["warnings"]
    assert any("are 64x8: is each of them a sheet of many" in w for w in told)
    assert not any("sheet" in w for w in scored(real, real, "--metrics", "fid")["warnings"])


def shared(found) -> list[str]:
    return [w for w in found["warnings"] if "stand among the real ones too" in w]


def test_a_set_against_itself_is_a_number_and_a_warning(scored, fake, real, lighter):
    for other in (fake, f"{fake}/../fake"):
        options = ("--metrics", "fid,lighter", "--plugin", lighter)
        found = scored(fake, other, *options)
        assert 0 <= value(found) < 1e-8 and value(found, "lighter") == 0
        (told,) = shared(found)
        assert told.startswith("6 of 6 generated pictures")
    assert not shared(scored(fake, real, "--metrics", "fid"))


def test_copies_among_generated_pictures_are_counted(scored, fake, real):
    for name in ("001.png", "004.png"):
        shutil.copy(fake / name, real / f"copied-{name}")
    found = scored(fake, real, "--metrics", "fid")
    (told,) = shared(found)
    assert told.startswith("2 of 6 generated pictures") and value(found) > 0
    assert f"001.png of {fake} is copied-001.png of {real}" in told


def test_copies_in_arrays_are_counted(scored, fake, real):
    here, there = pixels(0), pixels(1)
    there[3] = here[2]
    np.savez_compressed(real.parent / "there.npz", images=there)
    file = as_npy(fake, here)
    (told,) = shared(scored(file, real.parent / "there.npz", "--metrics", "fid"))
    assert f"picture 2 of {file} is picture 3 of" in told and told.startswith("1 of 5")


@pytest.fixture
def boxed(tmp_path, monkeypatch) -> Path:
    """TFRecords that TensorFlow would unpack into the pictures of `fake` and a damaged record."""
    (tmp_path / "boxed").mkdir()
    (tmp_path / "boxed" / "a.tfrec").write_bytes(b"")

    def unpack(listings, scratch):
        found = []
        with zipfile.ZipFile(scratch / "r.zip", "w") as archive:
            for place, picture in enumerate(pixels(0, 6)):
                data = io.BytesIO()
                Image.fromarray(picture).save(data, "PNG")
                found.append((f"a.tfrec/{place:05d}-x.png", "x.png"))
                archive.writestr(found[-1][0], data.getvalue())
        return [tfrecord.Unpacked(scratch / "r.zip", found, [("a.tfrec/00006", "damaged")])]

    monkeypatch.setattr(tfrecord, "unpack", unpack)
    return tmp_path / "boxed"


def test_tfrecords_are_the_pictures_in_them(scored, boxed, fake, real, lighter, tmp_path):
    options = ("--metrics", "fid,lighter", "--plugin", lighter)
    files = scored(fake, real, *options)
    for side in (boxed, boxed / "a.tfrec"):
        found = scored(side, real, *options)
        assert value(found) == value(files) and value(found, "lighter") == value(files, "lighter")
        assert found["generated"]["skipped"] == {"a.tfrec/00006": "damaged"}
        assert found["generated"]["features_from_cache"]
    assert scored(real, boxed, *options)["real"]["count"] == 6
    assert list((tmp_path / "cache/spool").iterdir()) == []


def test_tfrecords_without_pictures_are_one_sentence(ganbench, boxed, real, monkeypatch):
    empty = [tfrecord.Unpacked(Path(), [], [("a.tfrec", "not a TFRecord file")])]
    monkeypatch.setattr(tfrecord, "unpack", lambda *given: empty)
    code, _, err = ganbench("score", boxed, real)
    assert code == 2 and "has no readable picture (a.tfrec: not a TFRecord file)" in err
    empty[0].skipped.clear()
    code, _, err = ganbench("score", boxed, real)
    assert code == 2 and "has no readable picture (a.tfrec: it holds no records)" in err


@pytest.mark.parametrize(
    ("tops", "words"),
    [
        ((4095, 4000, 3900), "3 of 3 files of {} are 16-bit pictures with values up to 4,095 only"),
        ((65535, 4000, 60000), "1 of 3 files of {} are 16-bit pictures with values up to 4,000"),
        ((16000, 9000, 5000), "up to 16,000 only, which looks like 14-bit data"),
        ((250, 200, 0), "looks like 8-bit data stored unscaled"),
        ((65535, 9000, 60000), ""),
    ],
)
def test_pictures_that_hold_fewer_than_their_16_bits_are_counted(tmp_path, tops, words):
    (tmp_path / "deep").mkdir()
    for i, top in enumerate(tops):
        values = np.linspace(0, top, 48).reshape(6, 8).astype(np.uint16)
        Image.fromarray(values).save(tmp_path / f"deep/{i}.png")
    side = image_sets.open_side(str(tmp_path / "deep"))
    assert words.format(tmp_path / "deep") in " ".join(side.notes)
    assert bool(side.notes) == bool(words)
    if words:  # what it says to type makes white of the largest value
        (expression,) = side.notes[0].partition("anew: ")[2:]
        values = np.array([{4095: 4095, 65535: 4095, 16000: 16383, 250: 255}[tops[0]]])
        assert eval(expression, {"np": np, "pixels": values}) == 65535  # a note of ours


def test_tiffs_that_lie_on_their_side_are_read(tmp_path):
    (tmp_path / "lying").mkdir()
    for i, turn in enumerate((5, 6, 7, 8)):
        turned = Image.Exif()
        turned[0x0112] = turn
        Image.fromarray(pixels(i, 1)[0]).save(tmp_path / f"lying/{i}.tif", exif=turned)
    side = image_sets.open_side(str(tmp_path / "lying"))
    assert [np.shape(part) for part in side.parts(4)] == [(4, 16, 12, 3)]
    assert side.skipped() == {}


def test_sides_of_two_sizes_come_with_a_warning(scored, tmp_path, fake, real):
    wide = write_folder(tmp_path / "wide", pixels(2, 3, height=7, width=30))
    told = scored(wide, real, "--metrics", "fid")["warnings"]
    assert any("generated pictures are 30x7, real ones 16x12" in w for w in told)
    assert not any("16x12" in w for w in scored(fake, real, "--metrics", "fid")["warnings"])


def test_broken_pictures_are_skipped_counted_and_named_also_from_the_cache(
    ganbench, scored, fake, real, lighter
):
    whole = (fake / "003.png").read_bytes()
    (fake / "003.png").write_bytes(whole[: len(whole) // 2])  # its header is sound
    (fake / "a.jpg").write_bytes(b"no picture")
    for _ in range(2):
        found = scored(fake, real, "--metrics", "fid")
        assert found["generated"]["count"] == 5
        assert list(found["generated"]["skipped"]) == ["003.png", "a.jpg"]
        assert found["generated"]["skipped"]["a.jpg"] == "not a picture"
    _, out, _ = ganbench("score", fake, real, "--metrics", "fid")
    assert "skipped 2 files of " in out and "; a.jpg: not a picture\n" in out
    pixel = scored(fake, real, "--metrics", "lighter", "--plugin", lighter)
    assert pixel["generated"]["count"] == 5
