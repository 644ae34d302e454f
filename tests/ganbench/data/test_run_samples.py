"""Where a set of pictures is wanted and a run is named."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from ganbench.data import run_samples
from ganbench.data.convert import convert
from ganbench.data.run_samples import Samples
from ganbench.data.sources import layout
from ganbench.data.sources.file_tree import Tree, open_tree
from ganbench.errors import InputError
from ganbench.system import files


def make_run(folder: Path, a_record, status: str = "done") -> Path:
    """A run's folder as training leaves it: samples of two steps, and a contact sheet of each."""
    moments = []
    for step in (1, 2):
        pictures = np.full((11, 8, 8, 3), step, np.uint8)
        pictures[:, 0, 0, 0] = range(11)
        files.write_array(folder / f"samples/step-{step}.npy", pictures)
        Image.fromarray(np.concatenate(pictures, axis=1)).save(folder / f"samples/step-{step}.png")
        moments.append(record.Moment(step, step / 2, step, step, f"samples/step-{step}.npy"))
    files.write_array(folder / "film/step-1.npy", pictures)
    files.write_json(folder / "run.json", {})
    (folder / "events.jsonl").write_text("")
    digests = {m.file: files.sha256(folder / m.file) for m in moments}
    told = record.Status(status, 2, 1.0)
    run = replace(a_record, snapshots=tuple(moments), status=told, sha256=digests)
    record.write(folder, run)
    return folder


@pytest.fixture
def results(tmp_path, a_record) -> Path:
    """A results folder with one run, two levels down."""
    make_run(tmp_path / "results/s/dcgan.pytorch-seed0-0123abcd", a_record)
    (tmp_path / "results/report.html").write_text("")
    return tmp_path / "results"


def test_a_run_its_samples_and_what_holds_it_alone_are_its_last_samples(results):
    run = next(results.glob("s/*"))
    for place in (run, run / "samples", results, results / "s", f"{run}/samples/../samples/"):
        found = run_samples.find(str(place), "score RUN")
        assert isinstance(found, Samples)
        assert found.file.name == "step-2.npy" and found.title == run.name
        assert bool(found.notes) == (place != run)
        if place == results:
            assert f"{results} stands for the run {run}" in found.notes[0]


def test_of_several_runs_some_are_named_with_what_to_type(results, a_record):
    for seed in range(1, 5):
        make_run(results / f"s/gan seed{seed}", a_record)
    with pytest.raises(
        InputError, match=r"holds 5 runs \(s/dcgan.*, s/gan seed2, and 2 more\)"
    ) as e:
        run_samples.find(str(results), "ganbench score RUN REAL")
    assert e.value.hint == f"ganbench score {results}/s/dcgan.pytorch-seed0-0123abcd REAL"
    with pytest.raises(InputError) as e:
        run_samples.find(str(results / "s/gan seed1/film"), "ganbench score RUN REAL")
    assert "is a part of the run" in str(e.value)
    assert e.value.hint == f"ganbench score '{results}/s/gan seed1' REAL"


def test_a_run_that_was_killed_before_it_had_a_record_is_one_all_the_same(results):
    (next(results.glob("s/*")) / "record.json").unlink()
    with pytest.raises(InputError, match=r"record\.json"):
        run_samples.find(str(results), "")


def test_contact_sheets_are_pictures_of_no_set(results, make_set, tmp_path):
    for find in (layout.one_set, layout.two_sets):
        with pytest.raises(InputError, match="holds no pictures"):
            find(str(results))
    make_set("mixed/photos", 3)
    results.rename(tmp_path / "mixed/results")
    assert len(layout.one_set(str(tmp_path / "mixed")).names) == 3
    with zipfile.ZipFile(tmp_path / "mixed.zip", "w") as archive:
        for file in sorted((tmp_path / "mixed").rglob("*")):
            archive.write(file, file.relative_to(tmp_path))
    assert len(layout.one_set(str(tmp_path / "mixed.zip")).names) == 3
    assert isinstance(run_samples.find(str(tmp_path / "mixed"), ""), Tree)


def test_the_card_of_results_is_a_picture_of_no_set(results, make_set, tmp_path):
    folder = make_set("mixed", 3)
    (results / "report.html").unlink()
    results.rename(folder / "results")
    for place in (folder, folder / "results"):
        Image.new("RGB", (12, 6)).save(place / "card.png")

    def cards(place):
        return [name for name in open_tree(str(place)).names if name.endswith("card.png")]

    assert cards(folder) == ["card.png", "results/card.png"]  # anybody may call a picture so
    (folder / "results/report.html").write_text("")
    with zipfile.ZipFile(tmp_path / "mixed.zip", "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    assert cards(folder) == cards(tmp_path / "mixed.zip") == ["card.png"]
    assert cards(folder / "results") == []


def test_runs_in_a_zip_are_one_sentence(results, tmp_path):
    with zipfile.ZipFile(tmp_path / "results.zip", "w") as archive:
        for file in sorted(results.rglob("*")):
            archive.write(file, file.relative_to(tmp_path))
    with pytest.raises(InputError, match="runs, which are not read inside a zip"):
        run_samples.find(str(tmp_path / "results.zip"), "")


def test_pictures_beside_a_stranger_s_record_are_pictures(make_set):
    folder = make_set("d", 3)
    (folder / "in").mkdir()
    (folder / "in/record.json").write_text("{}")
    assert isinstance(run_samples.find(str(folder), ""), Tree)
    assert len(layout.one_set(str(folder)).names) == 3


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_the_samples_of_a_run_are_converted_as_png(results, tmp_path, form):
    run = next(results.glob("s/*"))
    done = convert(None, str(run), None, form, tmp_path / "out")
    assert done.counts == {"": 11} and done.notes == ()
    again = convert(str(results), None, None, "folder", tmp_path / "again")
    assert "stands for the run" in again.notes[0]
    names = [f"{place:02d}.png" for place in range(11)]
    assert list(layout.one_set(str(done.place)).names) == names
    read = [np.asarray(Image.open(tmp_path / "again" / name)) for name in names]
    np.testing.assert_array_equal(read, np.load(run / "samples/step-2.npy"))


def test_samples_of_an_unfinished_run_are_converted_with_a_word(tmp_path, a_record):
    run = make_run(tmp_path / "run", a_record, "interrupted")
    (told,) = convert(None, str(run), None, "folder", tmp_path / "out").notes
    assert "no finished one (interrupted at step 2): its 11 samples are of step 2" in told


def test_samples_go_beside_another_set_and_keep_their_size(results, make_set, tmp_path):
    run = next(results.glob("s/*"))
    done = convert(None, str(make_set("photo", 3)), str(run), "folder", tmp_path / "out")
    assert sorted(done.counts.values()) == [3, 11]
    with pytest.raises(InputError, match="the size they have"):
        convert(None, str(run), None, "folder", tmp_path / "sized", size=16)


def test_damaged_samples_are_one_sentence(results, tmp_path):
    run = next(results.glob("s/*"))
    (run / "samples/step-2.npy").write_bytes(b"")
    with pytest.raises(InputError, match="is damaged"):
        convert(None, str(run), None, "folder", tmp_path / "out")
    assert not (tmp_path / "out").exists()
