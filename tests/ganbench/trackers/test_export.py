import importlib.util
import json

import pytest

from ganbench.errors import InputError
from ganbench.trackers import export


def test_the_command_says_what_it_wrote_and_how_to_look(ganbench, results):
    code, out, err = ganbench("export", results, "--to", "csv")
    place = results.with_name("results-csv")
    assert (code, err) == (0, "")
    assert out.startswith(f"2 runs, 46 numbers, 8 pictures: {place}\n  python -c ")
    assert (place / "scalars.csv").is_file()


def test_json_is_one_object(ganbench, results, tmp_path):
    (next((results / "s").glob("*seed1*")) / "history.csv").unlink()
    code, out, err = ganbench("export", results, "--to", "csv", "--out", tmp_path / "o", "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["out"] == str(tmp_path / "o") and len(told["runs"]) == 2
    assert "history.csv is not there" in told["left_out"][0]


def test_what_is_left_out_is_noted(ganbench, results):
    next((results / "s").glob("*seed1*/film/5.npy")).unlink()
    code, _, err = ganbench("export", results, "--to", "csv")
    assert code == 0 and err.startswith("note: pictures of dcgan.pytorch-seed1-")


def test_one_run_alone(results):
    run = next((results / "s").glob("*seed1*"))
    done = export.export(run, "csv")
    assert done.runs == ("dcgan.pytorch-seed1-0123abc1",)
    assert done.place == run.with_name(f"{run.name}-csv")


def test_a_suites_own_folder_is_that_suite(made):
    made({}, name="old")
    results = made({"seed": 7}, name="new")
    assert "seed0" in export.export(results / "old", "csv").runs[0]
    assert "seed0" in export.export(results, "csv", suite="old").runs[0]
    assert "seed7" in export.export(results / "new", "csv").runs[0]


def test_what_is_there_stays(ganbench, results, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_text("x")
    code, _, err = ganbench("export", results, "--to", "csv", "--out", tmp_path / "out")
    assert code == 2 and "is there already\n  name another place: --out FOLDER" in err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("results", "--to", "csv.exe"), "--to tensorboard, csv, wandb-offline, mlflow"),
        (("nowhere", "--to", "csv"), "there is no folder"),
        ((".", "--to", "csv"), "no benchmark results"),
        (("results", "--to", "csv", "--suite", "t"), "there is no suite t"),
        (("results/s/RUN", "--to", "csv", "--suite", "s"), "is one run"),
        (("results", "--to", "csv", "--out", "results/s/suite.json/x"), "cannot write to"),
    ],
)
def test_what_cannot_be_is_one_sentence(ganbench, results, tmp_path, monkeypatch, asked, said):
    monkeypatch.chdir(tmp_path)
    run = next((results / "s").glob("*seed0*")).name
    before = sorted(tmp_path.rglob("*"))
    code, out, err = ganbench("export", *(word.replace("RUN", run) for word in asked))
    assert code == 2 and said in err and err.count("\n") <= 2 and not out
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("to", "extra"), [("tensorboard", "tensorboard"), ("wandb-offline", "wandb"), ("mlflow",) * 2]
)
def test_a_package_that_is_missing_is_named(results, monkeypatch, to, extra):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=f"--to {to} needs {extra}") as told:
        export.export(results, to)
    assert told.value.hint == f'pip install "ganbench[{extra}]"'


def test_every_damaged_record_is_said(results):
    for path in results.glob("s/*/record.json"):
        path.write_text("{")
    with pytest.raises(InputError, match=r"no run in .* has a record: .*record.json"):
        export.export(results, "csv")


def test_half_of_it_is_never_in_place(results, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ganbench.system.files.write_picture", fails)
    with pytest.raises(InputError, match=r"cannot write .*: No space left on device"):
        export.export(results, "csv", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize("to", export.TRACKERS)
def test_a_strangers_label_stays_in_its_place(made, tmp_path, to):
    package = export.TRACKERS[to].packages[:1]
    if any(importlib.util.find_spec(name) is None for name in package):
        pytest.skip(f'pip install "ganbench[{export.TRACKERS[to].extra}]"')
    label, around = "../../../x:\x1b[2J" + "y" * 300, tmp_path / "around"
    results = made({"label": label, "settings": {"../../z": label, "..": [label], "": 1}})
    export.export(results, to, around / "out")
    assert [path.name for path in around.iterdir()] == ["out"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["around", "results"]
