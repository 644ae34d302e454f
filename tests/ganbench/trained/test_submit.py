"""From a trained model to the zip that Kaggle takes."""

import json
import shutil
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from ganbench.data.sources.decode import decode, decode_whole
from ganbench.errors import InputError
from ganbench.scoring import verify
from ganbench.system import cache
from ganbench.trained import kaggle_rules, load_model, submit, trained_run
from ganbench.trained.translate import Wish, translate

from .conftest import draw_folder

pytestmark = pytest.mark.usefixtures("here", "few")


def of_run(folder, out, **wish):
    run = trained_run.find(str(folder))
    return submit.of_run(run, out, submit.Wish(**wish), lambda *_: None)


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_translate_then_submit_then_check(made, ganbench, tmp_path):
    folder = made("cyclegan-unet", size=256)
    draw_folder(tmp_path / "photos", 4)
    run = trained_run.find(str(folder))
    painted = translate(
        str(tmp_path / "photos"), run, tmp_path / "painted", Wish(whole=True), quiet
    )
    code, out, _ = ganbench("submit", "--pictures", painted.place, "--out", tmp_path / "out",
                            "--no-estimate")  # fmt: skip
    assert code == 0 and "4 pictures, all as Kaggle wants them" in out
    packed = entries(tmp_path / "out" / "images.zip")
    assert packed == {f"{i}.jpg": (painted.place / f"{i}.jpg").read_bytes() for i in range(4)}
    code, out, _ = ganbench("submit", "--check", tmp_path / "out" / "images.zip")
    assert code == 0 and "4 pictures, all as Kaggle wants them" in out


def quiet(*_):
    pass


def test_a_run_paints_packs_and_goes_on_where_it_was_stopped(made, tmp_path):
    folder = made("cyclegan-resnet", size=256)
    photos, out = draw_folder(tmp_path / "photos", 3), tmp_path / "out"
    done = of_run(folder, out, photographs=str(photos))
    assert (done.drawn, done.kept, done.packed.count, done.packed.as_they_were) == (3, 0, 3, 3)
    first = done.file.read_bytes()
    (out / "pictures" / "1.jpg").unlink()
    done = of_run(folder, out, photographs=str(photos))
    assert (done.drawn, done.kept) == (1, 2)
    assert done.file.read_bytes() == first


def test_without_photographs_those_it_was_trained_on_are_painted(
    trained_on, monkeypatch, tmp_path, ganbench
):
    monkeypatch.setattr(kaggle_rules, "MOST", 12)
    folder = trained_on()
    code, out, err = ganbench("submit", "--with", folder, "--out", tmp_path / "out", "--resize")
    assert code == 0, err
    assert "12 pictures were brought to 256x256" in out
    assert "no MiFID estimate: no Inception weights in the cache" in out
    assert "ganbench prepare" in out and "FID " not in out.replace("MiFID", "")
    run = trained_run.find(str(folder))
    reference = verify.reference_of(run.folder, run.record)
    trainer: Any = load_model.load(run.model())
    assert reference.source
    expected = trainer.generate(np.array(reference.source.pictures[:1]))[0]
    drawn = decode_whole((tmp_path / "out" / "pictures" / "00.png").read_bytes())
    assert (drawn == expected).all()
    large = np.asarray(Image.fromarray(expected).resize((256, 256), Image.Resampling.BICUBIC))
    packed = decode_whole(entries(tmp_path / "out" / "images.zip")["00.jpg"])
    assert np.abs(packed.astype(int) - large).mean() < 3  # JPEG


def test_pictures_that_are_gone_from_the_cache_must_be_named(trained_on, monkeypatch, tmp_path):
    folder = trained_on()
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "other"))
    assert cache.folder("data") == tmp_path / "other" / "data"
    with pytest.raises(InputError, match=r"cannot be had.*no longer in the cache") as error:
        of_run(folder, tmp_path / "out", resize=True)
    assert error.value.hint.startswith("--photographs FOLDER")
    assert not (tmp_path / "out").exists()


def test_a_model_from_noise_draws_the_fewest(made, tmp_path):
    done = of_run(made("dcgan"), tmp_path / "out", resize=True)
    assert (done.drawn, done.packed.count, done.packed.resized) == (3, 3, 3)
    assert kaggle_rules.check(done.file, quiet).problems == ()
    with pytest.raises(InputError, match="no use for --photographs"):
        of_run(made("dcgan", "b"), tmp_path / "b", resize=True, photographs="x")


@pytest.mark.parametrize("count", [2, 6])
def test_too_few_or_too_many_are_refused_before_any_work(made, tmp_path, count):
    photos = draw_folder(tmp_path / "photos", count)
    for begin in (
        lambda out: of_run(made("cyclegan-unet", size=256), out, photographs=str(photos)),
        lambda out: submit.of_pictures(str(photos), out, submit.Wish(), quiet),
    ):
        with pytest.raises(InputError, match=f"holds {count} pictures, where Kaggle takes 3 to 5"):
            begin(tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_broken_photograph_that_leaves_too_few_keeps_what_was_drawn(made, tmp_path):
    photos = draw_folder(tmp_path / "photos", 2)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(InputError, match="without those that cannot be read holds 2"):
        of_run(made("cyclegan-unet", size=256), tmp_path / "out", photographs=str(photos))
    assert (tmp_path / "out" / "pictures" / "0.jpg").is_file()
    assert not (tmp_path / "out" / "images.zip").exists()


def test_both_sets_of_the_download_are_not_painted_together(made, tmp_path):
    (tmp_path / "kaggle").mkdir()
    draw_folder(tmp_path / "kaggle" / "photo_jpg", 3)
    draw_folder(tmp_path / "kaggle" / "monet_jpg", 2)
    with pytest.raises(InputError, match="two sets") as error:
        of_run(
            made("cyclegan-unet", size=256),
            tmp_path / "out",
            photographs=str(tmp_path / "kaggle"),
        )
    assert "photo_jpg" in error.value.hint


def test_another_size_is_refused_or_resized(made, tmp_path):
    with pytest.raises(InputError, match="32x32, and Kaggle takes 256x256") as error:
        of_run(made("dcgan"), tmp_path / "out")
    assert "--resize" in error.value.hint and not (tmp_path / "out").exists()
    small = draw_folder(tmp_path / "small", 3, side=64)
    with pytest.raises(InputError, match=r"3 of 3 pictures are not 256x256: 0.png is 64x64"):
        submit.of_pictures(str(small), tmp_path / "b", submit.Wish(), quiet)
    assert not (tmp_path / "b" / "images.zip").exists()
    done = submit.of_pictures(str(small), tmp_path / "b", submit.Wish(resize=True), quiet)
    assert done.packed.resized == 3
    packed = decode_whole(entries(done.file)["0.jpg"])
    wanted = decode((small / "0.png").read_bytes(), 256).pixels
    assert np.abs(packed.astype(int) - wanted).mean() < 3


def test_pictures_of_other_kinds_and_places_become_flat_jpegs(tmp_path):
    place = draw_folder(tmp_path / "mine", 1)
    draw_folder(place / "sub", 1, seed=1)
    Image.new("L", (256, 256), 90).save(place / "grey.jpg")
    Image.new("CMYK", (256, 256)).save(place / "inks.jpg")
    (place / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = submit.of_pictures(str(place), tmp_path / "out", submit.Wish(), quiet)
    assert sorted(entries(done.file)) == ["0.jpg", "grey.jpg", "inks.jpg", "sub-0.jpg"]
    assert [one.name for one in done.packed.skipped] == ["broken.png"]
    assert kaggle_rules.check(done.file, quiet).problems == ()


def test_copies_are_said(tmp_path):
    place = draw_folder(tmp_path / "mine", 3, ending=".jpg")
    shutil.copy(place / "0.jpg", place / "9.jpg")
    done = submit.of_pictures(str(place), tmp_path / "out", submit.Wish(), quiet)
    assert done.packed.notes == ("1 pictures are copies of others, byte for byte",)


def test_what_lies_there_is_left_alone(made, tmp_path):
    out = draw_folder(tmp_path / "mine", 3)
    with pytest.raises(InputError, match="is there already") as error:
        submit.of_pictures(str(out), out, submit.Wish(), quiet)
    assert error.value.hint == "--out FOLDER"
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="no folder that can be written to") as error:
        of_run(made("dcgan"), tmp_path / "file" / "out", resize=True)
    assert error.value.hint == "--out FOLDER"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_model_that_is_not_installed_is_told_before_any_work(made, tmp_path):
    folder = made("dcgan", model="my-gan")
    with pytest.raises(InputError, match="my-gan") as error:
        of_run(folder, tmp_path / "out", resize=True)
    assert "--plugin" in error.value.hint and not (tmp_path / "out").exists()


def test_what_it_was_trained_on_may_be_too_few(trained_on, monkeypatch, tmp_path):
    said = "what cyclegan-unet-trained was trained on holds 12 pictures, where Kaggle takes 3 to 5"
    with pytest.raises(InputError, match=said):
        of_run(trained_on(), tmp_path / "out", resize=True)


def test_a_run_that_failed_has_nothing_to_submit(made, ganbench):
    folder = made("dcgan", status=record.Status("failed", 7, 0.1))
    code, _, err = ganbench("submit", "--with", folder)
    assert code == 2 and "no model to use" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "one of --with RUN, --pictures FOLDER and --check ZIP"),
        (["--with", "a", "--pictures", "b"], "only one"),
        (["--pictures", "nowhere"], "nowhere"),
        (["--pictures", "x", "--user", "a b"], "no name on Kaggle"),
        (["--pictures", "x", "--paintings", "nowhere"], "--paintings nowhere is not there"),
        (["--pictures", "x", "--inception-weights", "no.pth"], "no.pth"),
        (["--pictures", "PHOTOS", "--photographs", "y"], "goes with --with RUN"),
        (["--check", "nowhere.zip"], "nowhere.zip"),
        (["--check", "PHOTOS"], "is a folder, and Kaggle takes a zip"),
        (["--check", "~nobody-is-called-so/x.zip"], "nobody-is-called-so"),
        (["--pictures", "x", "--paintings", "~nobody-is-called-so/x"], "is not there"),
    ],
)
def test_words_that_do_not_fit_are_one_sentence(ganbench, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    photos = draw_folder(tmp_path / "photos", 3)
    code, _, err = ganbench("submit", *[photos if word == "PHOTOS" else word for word in words])
    assert code == 2 and said in err and "Traceback" not in err


def test_json_tells_all_and_the_commands_to_type(made, ganbench, tmp_path):
    folder, out = made("dcgan"), tmp_path / "o u t"
    code, said, _ = ganbench("submit", "--with", folder, "--out", out, "--resize", "--json",
                             "--no-estimate", "--user", "me")  # fmt: skip
    assert code == 0
    told = json.loads(said)
    assert (told["count"], told["made"], told["resized"], told["estimate"]) == (3, 3, 3, None)
    assert told["commands"][0].startswith("kaggle competitions submit gan-getting-started -f '")
    assert f"--with {folder}" in told["commands"][1] and "--user me" in told["commands"][1]
    assert told["commands"][2].startswith("kaggle datasets create -p ")
    assert told["commands"][3] == f"kaggle kernels push -p '{told['notebook']}'"
    assert "-k me/ganbench-submit-dcgan-0123abcd" in told["commands"][4]
