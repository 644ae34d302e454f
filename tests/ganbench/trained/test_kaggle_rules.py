"""What Kaggle would refuse, and what it would not."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganbench.errors import InputError
from ganbench.trained import kaggle_rules


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(kaggle_rules, "FEWEST", 3)
    monkeypatch.setattr(kaggle_rules, "MOST", 5)


def picture(seed=0, side=256, mode="RGB", kind="JPEG", **how):
    shape = {"RGB": (side, side, 3), "L": (side, side), "CMYK": (side, side, 4)}[mode]
    values = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    data = io.BytesIO()
    Image.fromarray(values, mode).save(data, kind, **how)
    return data.getvalue()


def zipped(path, content):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content:
            archive.writestr(name, data)
    return path


GOOD = [(f"{seed}.jpg", picture(seed)) for seed in range(3)]


def problems(tmp_path, content, name="images.zip"):
    return kaggle_rules.check(zipped(tmp_path / name, content), lambda *_: None)


def test_what_is_right_has_no_problem(tmp_path):
    progressive = picture(3, progressive=True, quality=60, subsampling=0)
    found = problems(tmp_path, [*GOOD, ("d.jpg", progressive)])
    assert (found.count, found.problems, found.notes) == (4, (), ())


BAD = {
    "a PNG called .jpg": (("x.jpg", picture(kind="PNG")), "no JPEG but PNG: x.jpg"),
    "grey": (("x.jpg", picture(mode="L")), "grey, not RGB: x.jpg"),
    "CMYK": (("x.jpg", picture(mode="CMYK")), "CMYK, not RGB: x.jpg"),
    "257 pixels": (("x.jpg", picture(side=257)), "257x257, not 256x256: x.jpg"),
    "no picture": (("x.jpg", b"words"), "no JPEG: x.jpg"),
    "empty": (("x.jpg", b""), "no JPEG: x.jpg"),
    "cut in the middle": (("x.jpg", picture()[:9000]), "damaged: cannot be decoded"),
    "cut at the end": (("x.jpg", picture()[:-2]), "damaged: cannot be decoded"),
    "a header alone": (("x.jpg", picture()[:30]), "no JPEG that can be read: x.jpg"),
    "far too large": (("x.jpg", picture() + bytes(2**20)), "larger than 1 MiB: x.jpg"),
    "in a folder": (("sub/x.jpg", picture(9)), "it must be flat, and has folders: sub/x.jpg"),
    "hidden": ((".x.jpg", picture(9)), "hidden files: .x.jpg"),
    "another ending": (("x.jpeg", picture(9)), "do not end with .jpg: x.jpeg"),
    "a folder": (("sub/", b""), "it must be flat, and has folders: sub/"),
}


@pytest.mark.parametrize("what", BAD)
def test_each_wrong_file_is_one_sentence_that_names_it(tmp_path, what):
    wrong, said = BAD[what]
    (problem,) = problems(tmp_path, [*GOOD, wrong]).problems
    assert said in problem


@pytest.mark.parametrize(("count", "said"), [(2, "it holds 2 pictures"), (6, "it holds 6 pic")])
def test_too_few_and_too_many(tmp_path, count, said):
    content = [(f"{seed}.jpg", picture(seed)) for seed in range(count)]
    (problem,) = problems(tmp_path, content).problems
    assert problem.startswith(said) and problem.endswith("Kaggle takes 3 to 5")


def test_kaggles_own_numbers(monkeypatch):
    monkeypatch.undo()
    assert kaggle_rules.why_not_so_many(7_000) == kaggle_rules.why_not_so_many(10_000) == ""
    assert "6,999" in kaggle_rules.why_not_so_many(6_999)
    assert "10,001" in kaggle_rules.why_not_so_many(10_001)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice(tmp_path):
    (problem,) = problems(tmp_path, [*GOOD, GOOD[0]]).problems
    assert problem == "names that are there more than once: 0.jpg"


def test_many_of_one_kind_are_one_sentence(tmp_path):
    content = [(f"{seed}.jpg", picture(seed, side=64)) for seed in range(5)]
    (problem,) = problems(tmp_path, content).problems
    assert problem == "pictures that are 64x64, not 256x256: 0.jpg, 1.jpg, 2.jpg and 2 more (5)"


def test_what_is_odd_but_taken_is_said(tmp_path):
    found = problems(tmp_path, [*GOOD, ("copy.jpg", GOOD[0][1])], "mine.zip")
    assert found.problems == ()
    assert found.notes == (
        "Kaggle takes a file that is called images.zip: rename mine.zip",
        "1 pictures are copies of others, byte for byte",
    )


def test_a_password(tmp_path):
    path = zipped(tmp_path / "images.zip", GOOD)
    data = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(signature) + place
        data[start : start + 2] = struct.pack("<H", 1)
    path.write_bytes(data)
    found = kaggle_rules.check(path, lambda *_: None)
    assert found.problems == ("files that are locked with a password: 0.jpg",)


def test_a_changed_byte_inside(tmp_path):
    path = zipped(tmp_path / "images.zip", GOOD)
    data = bytearray(path.read_bytes())
    data[5000] ^= 255
    path.write_bytes(data)
    found = kaggle_rules.check(path, lambda *_: None)
    assert found.problems == ("pictures that are damaged inside the zip: 0.jpg",)


@pytest.mark.parametrize("what", ["cut", "words", "nowhere", "folder", "bomb"])
def test_what_is_no_zip_is_one_sentence(tmp_path, what):
    path = tmp_path / "images.zip"
    if what == "cut":
        zipped(path, GOOD)
        path.write_bytes(path.read_bytes()[:-100])
    elif what == "words":
        path.write_text("words")
    elif what == "folder":
        path.mkdir()
    elif what == "bomb":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.jpg", bytes(1000))
        data = bytearray(path.read_bytes())
        start = data.find(b"PK\x01\x02") + 24
        data[start : start + 4] = struct.pack("<I", 2**31)
        path.write_bytes(data)
    with pytest.raises(InputError):
        kaggle_rules.check(path, lambda *_: None)


@pytest.mark.parametrize(("side", "code"), [(256, 0), (64, 2)])
def test_the_command_says_each_problem(tmp_path, ganbench, side, code):
    content = [(f"{seed}.jpg", picture(seed, side)) for seed in range(3)]
    path = zipped(tmp_path / "images.zip", content)
    for words in ([], ["--json"]):
        ended, out, err = ganbench("submit", "--check", path, *words)
        assert ended == code
        if words:
            told = json.loads(out)
            assert told["valid"] is (code == 0) and told["count"] == 3
        elif code:
            assert "64x64, not 256x256" in err and "Traceback" not in err
        else:
            assert "3 pictures, all as Kaggle wants them" in out
