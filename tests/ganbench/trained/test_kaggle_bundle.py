"""The data set that a notebook on Kaggle needs."""

import json

import pytest

from ganbench.errors import InputError
from ganbench.system import files
from ganbench.trained import kaggle_bundle, trained_run

PLUGIN = "class Tiny:\n    pass\n"


def names_in(place):
    return {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}


def test_it_holds_the_run_the_wheel_and_the_plugin_and_no_paths(trained_on, ganbench, tmp_path):
    folder = trained_on()
    (folder / "samples").mkdir()
    (folder / "samples" / "large.npy").write_bytes(bytes(9))
    (tmp_path / "my_gan.py").write_text(PLUGIN)
    words = ["kaggle", "bundle", "--with", folder, "--out", tmp_path / "out", "--user", "me"]
    code, out, err = ganbench(*words, "--plugin", tmp_path / "my_gan.py")
    assert code == 0, err
    assert "MiB: cyclegan-unet-trained and ganbench-" in out
    assert f"kaggle datasets create -p {tmp_path / 'out'} -r zip" in out
    there = names_in(tmp_path / "out")
    assert {name for name in there if not name.startswith(("wheels/", "run/checkpoint/"))} == {
        *("dataset-metadata.json", "ganbench.json", "plugins/my_gan.py"),
        *("run/record.json", "run/run.json"),
    }
    assert trained_run.find(str(tmp_path / "out" / "run")).notes == ()
    assert "/" not in json.dumps(files.read_json(tmp_path / "out" / "run" / "run.json"))
    told = files.read_json(tmp_path / "out" / "dataset-metadata.json")
    assert told["id"] == "me/ganbench-cyclegan-unet-0123abcd"
    assert 6 <= len(told["title"]) <= 50 and 6 <= len(told["id"].split("/")[1]) <= 50
    code, _, _ = ganbench(*words)  # the same again, now without the plugin
    assert code == 0 and "plugins/my_gan.py" not in names_in(tmp_path / "out")


def test_json_and_the_name_that_must_be_put_in(made, ganbench, tmp_path):
    words = ["kaggle", "bundle", "--with", made("dcgan"), "--out", tmp_path / "out"]
    code, out, _ = ganbench(*words, "--json")
    told = json.loads(out)
    assert code == 0 and told["bytes"] == sum(
        (tmp_path / "out" / name).stat().st_size for name in names_in(tmp_path / "out")
    )
    code, out, _ = ganbench(*words)
    assert code == 0 and "YOUR-KAGGLE-NAME" in out


def test_what_is_wrong_is_one_sentence_and_nothing_is_lost(made, ganbench, tmp_path):
    folder = made("dcgan")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    for words, said in (
        (["--out", mine], "is there already"),
        (["--out", mine / "letter.txt" / "x"], "no folder that can be written to"),
        (["--user", "a/b"], "no name on Kaggle"),
        (["--plugin", "nowhere.py"], "nowhere.py is not there"),
        (["--plugin", __file__, "--plugin", __file__], "two plugins have the same name"),
    ):
        code, _, err = ganbench("kaggle", "bundle", "--with", folder, *words)
        assert code == 2 and said in err and "Traceback" not in err
    assert names_in(mine) == {"letter.txt"}
    state = folder / "checkpoint" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-9])
    code, _, err = ganbench("kaggle", "bundle", "--with", folder, "--out", tmp_path / "out")
    assert code == 2 and "damaged" in err and not (tmp_path / "out").exists()


def test_a_job_that_is_none_is_one_sentence(trained_on, tmp_path):
    folder = trained_on()
    (folder / "run.json").write_text("[1]")
    with pytest.raises(InputError, match=r"run\.json is damaged"):
        kaggle_bundle.write(trained_run.find(str(folder)), tmp_path / "out", None, ())
