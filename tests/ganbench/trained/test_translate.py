"""Photographs to paintings and back."""

import json
import os
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganbench.data.sources.decode import decode, decode_whole
from ganbench.errors import InputError
from ganbench.trained import load_model, trained_run
from ganbench.trained.translate import Wish, translate

from .conftest import draw_folder

pytestmark = pytest.mark.usefixtures("here")


def paint(photographs, folder, out, **wish):
    run = trained_run.find(str(folder))
    return translate(str(photographs), run, out, Wish(**wish), lambda *_: None)


def files_of(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_every_photograph_becomes_a_painting_of_its_size_and_name(made, photographs, tmp_path):
    done = paint(photographs, made("cyclegan-resnet"), tmp_path / "out")
    paintings = ["a-2.jpg", "a.jpg", "sub/turned.jpg", "tiny _b_&'.jpg"]
    assert files_of(tmp_path / "out") == sorted([*paintings, "index.html", "ganbench.json"])
    sizes = {name: Image.open(tmp_path / "out" / name).size for name in paintings}
    assert sorted(sizes.values()) == [(3, 2), (20, 60), (32, 32), (40, 50)]
    assert sizes["sub/turned.jpg"] == (20, 60)  # upright, as the EXIF orientation says
    assert (done.made, done.kept) == (4, 0)
    assert [one.name for one in done.skipped] == ["broken.jpg"]


def test_a_photograph_of_the_models_size_is_drawn_as_in_training(made, photographs, tmp_path):
    folder = made("cyclegan-resnet")
    paint(photographs, folder, tmp_path / "out", format="png", back=True)
    trainer: Any = load_model.load(trained_run.find(str(folder)).model())
    given = np.array(decode_whole((photographs / "a.jpg").read_bytes()))[None]
    name = next(n for n in ("a.png", "a-2.png")
                if Image.open(tmp_path / "out" / n).size == (32, 32))  # fmt: skip
    expected = trainer.generate(given)
    assert (decode_whole((tmp_path / "out" / name).read_bytes()) == expected[0]).all()
    again = decode_whole((tmp_path / "out" / "back" / name).read_bytes())
    assert (again == trainer.reverse(expected)[0]).all()


def test_each_painting_is_told_when_it_is_there(made, photographs, tmp_path):
    there, out = [], tmp_path / "out"

    def on_progress(what, done, of):
        paintings = [name for name in files_of(out) if name.endswith(".jpg")]
        there.append((what, done, of, len(paintings)))

    run = trained_run.find(str(made("cyclegan-resnet")))
    translate(str(photographs), run, out, Wish(), on_progress)
    assert [(what, of) for what, _, of, _ in there] == [("paintings", 5)] * 6
    assert [done for _, done, _, _ in there] == [0, 1, 2, 3, 4, 5]  # the last one is broken
    assert all(done <= count for _, done, _, count in there[:-1])


def test_the_other_way(made, photographs, tmp_path):
    folder = made("cyclegan-unet")
    paint(photographs / "sub", folder, tmp_path / "out", format="png", reverse=True, whole=True)
    trainer: Any = load_model.load(trained_run.find(str(folder)).model())
    given = np.array(decode((photographs / "sub" / "turned.jpg").read_bytes(), 32).pixels)[None]
    made_png = decode_whole((tmp_path / "out" / "turned.png").read_bytes())
    assert (made_png == trainer.reverse(given)[0]).all()


def test_a_zip_and_a_single_picture_give_the_same_paintings(made, photographs, tmp_path):
    folder = made("cyclegan-resnet")
    paint(photographs / "a.png", folder, tmp_path / "one")
    with zipfile.ZipFile(tmp_path / "holiday.zip", "w") as archive:
        archive.write(photographs / "a.png", "a.png")
    paint(tmp_path / "holiday.zip", folder, tmp_path / "two")
    assert files_of(tmp_path / "one") == ["a.jpg", "ganbench.json", "index.html"]
    assert (tmp_path / "one/a.jpg").read_bytes() == (tmp_path / "two/a.jpg").read_bytes()


def test_the_same_command_goes_on_where_it_was_stopped(made, photographs, tmp_path):
    folder, out = made("cyclegan-resnet"), tmp_path / "out"
    paint(photographs, folder, out, back=True)
    whole = {name: (out / name).read_bytes() for name in files_of(out)}
    (out / "a.jpg").unlink()
    (out / "back" / "sub" / "turned.jpg").unlink()
    stamp = (out / "a-2.jpg").stat().st_mtime_ns
    done = paint(photographs, folder, out, back=True)
    assert (done.made, done.kept) == (2, 2)
    assert {name: (out / name).read_bytes() for name in files_of(out)} == whole
    assert (out / "a-2.jpg").stat().st_mtime_ns == stamp


def test_photographs_are_made_smaller_first_where_that_is_wished(made, photographs, tmp_path):
    paint(photographs, made("cyclegan-resnet"), tmp_path / "out", side=20)
    sizes = {p.stem: Image.open(p).size for p in (tmp_path / "out").rglob("*.jpg")}
    assert sorted(sizes.values()) == [(3, 2), (20, 20), (20, 25), (20, 60)]


def test_names_need_not_be_utf_8(made, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    name = os.fsdecode(b"\xff.png")
    try:
        Image.new("RGB", (32, 32)).save(photos / name)
    except OSError:
        pytest.skip("this file system takes no such name")
    done = paint(photos, made("cyclegan-resnet"), tmp_path / os.fsdecode(b"out\xff"))
    assert done.made == 1 and len(list(done.place.glob("*.jpg"))) == 1


@pytest.mark.parametrize(
    ("words", "size"), [([], (192, 128)), (["--full"], (300, 200)), (["--side", "140"], (210, 140))]
)
def test_what_is_far_larger_than_the_model_knows_is_shrunk(made, tmp_path, ganbench, words, size):
    photos = draw_folder(tmp_path / "photos", 1, side=64)
    Image.effect_noise((300, 200), 60).convert("RGB").save(photos / "large.png")
    typed = ["--with", made("cyclegan-resnet"), "--out", tmp_path / "out", *words]
    code, out, _ = ganbench("translate", photos, *typed)
    assert code == 0 and Image.open(tmp_path / "out" / "large.jpg").size == size
    said = "1 larger than the model knows, so shrunk to 128 px on the shorter side; --full does not"
    assert (said in out) == (not words)


def test_what_is_in_the_way_is_left_alone(made, photographs, tmp_path):
    folder, other, out = made("cyclegan-resnet"), made("cyclegan-unet"), tmp_path / "out"
    paint(photographs / "sub", folder, out)
    before = files_of(out)
    for run, wish in ((other, {}), (folder, {"whole": True}), (folder, {"format": "png"})):
        with pytest.raises(InputError, match="is there already") as error:
            paint(photographs / "sub", run, out, **wish)
        assert error.value.hint == "--out FOLDER"
    assert files_of(out) == before
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        paint(photographs, folder, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_the_page_shows_both_and_cannot_be_written_to_by_names(made, photographs, tmp_path):
    done = paint(photographs, made("cyclegan-resnet"), tmp_path / "out", back=True)
    page = done.index.read_text(encoding="utf-8")
    assert page.count("data:image/webp") == 3 * 4
    assert "tiny &lt;b&gt;&amp;&#39;.png" in page and "tiny <b>" not in page
    assert 'href="sub/turned.jpg"' in page and 'href="back/sub/turned.jpg"' in page
    assert "photograph again" in page


@pytest.mark.parametrize(
    ("run", "words", "said"),
    [
        ("dcgan", [], "draws from noise"),
        ("cyclegan-unet", ["--format", "gif"], 'no format "gif"'),
        ("cyclegan-unet", ["--side", "0"], "at least 1"),
        ("cyclegan-unet", ["--side", "9", "--whole"], "each say another size"),
        ("cyclegan-unet", ["--device", "cuda:7"], "no device"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_sentence(
    made, photographs, tmp_path, ganbench, run, words, said
):
    typed = ["--with", made(run), "--out", tmp_path / "out", *words]
    code, _, err = ganbench("translate", photographs, *typed)
    assert code == 2 and said in err


@pytest.mark.parametrize("what", ["nowhere", "empty", "broken"])
def test_where_no_photograph_is_one_sentence_says_so(made, photographs, tmp_path, what):
    (tmp_path / "empty").mkdir()
    place = photographs / "broken.jpg" if what == "broken" else tmp_path / what
    with pytest.raises(InputError):
        paint(place, made("cyclegan-unet"), tmp_path / "out")


def test_json_tells_all(made, photographs, tmp_path, ganbench):
    words = ["--with", made("cyclegan-unet"), "--whole", "--json", "--out", tmp_path / "out"]
    code, out, _ = ganbench("translate", photographs, *words)
    assert code == 0
    told = json.loads(out)
    assert (told["made"], told["kept"]) == (4, 0)
    assert [one["name"] for one in told["skipped"]] == ["broken.jpg"]
    assert np.asarray(Image.open(tmp_path / "out" / "sub" / "turned.jpg")).shape == (32, 32, 3)
