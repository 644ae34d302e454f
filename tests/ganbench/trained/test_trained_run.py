"""Which run a word means."""

from dataclasses import replace

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.system import files
from ganbench.trained import trained_run


def scored(a_record, value, better="lower"):
    score = replace(a_record.scores["fid"], value=value, better=better)
    return {"scores": {"fid": score}}


def test_a_run_is_named_by_its_folder_or_by_one_that_holds_no_other(made):
    folder = made("dcgan")
    for place in (folder, folder.parent, folder.parent.parent):
        assert trained_run.find(str(place)).folder == folder


@pytest.mark.parametrize(("better", "chosen"), [("lower", "b"), ("higher", "c")])
def test_of_a_models_seeds_the_best_is_taken(made, a_record, better, chosen):
    for seed, (name, value) in enumerate([("a", 3.0), ("b", 1.0), ("c", 4.0), ("d", None)]):
        folder = made("dcgan", name, seed=seed, **scored(a_record, value, better))
    other = made("cyclegan-unet")
    record.write_suite(folder.parent, {"runs": [], "primary": "fid"})
    assert trained_run.find(str(folder.parent / "dcgan")).name == chosen
    assert trained_run.find(str(folder.parent / "dcgan.pytorch")).name == chosen
    with pytest.raises(InputError, match="several models") as error:
        trained_run.find(str(folder.parent))
    assert str(trained_run.find(error.value.hint.removeprefix("name one: ")).folder)
    with pytest.raises(InputError, match="no run") as error:
        trained_run.find(str(folder.parent / "cyclgan"))
    assert error.value.hint == "there are: cyclegan-unet, dcgan"
    assert trained_run.find(str(other)).translates


def test_a_finished_seed_is_preferred_to_a_better_unfinished_one(made, a_record):
    status = record.Status("interrupted", 5, 0.5)
    made("dcgan", "a", status=status, **scored(a_record, 1.0))
    folder = made("dcgan", "b", seed=1, **scored(a_record, 9.0))
    record.write_suite(folder.parent, {"runs": [], "primary": "fid"})
    assert trained_run.find(str(folder.parent)).name == "b"
    (note,) = trained_run.find(str(folder.parent / "a")).notes
    assert note == "a was interrupted at step 5: its pictures are of an unfinished model"


@pytest.mark.parametrize("name", ["failed", "diverged", "out_of_memory", "training"])
def test_a_run_without_a_model_to_use_is_one_sentence(made, name):
    folder = made("dcgan", status=record.Status(name, 7, 0.1))
    with pytest.raises(InputError, match="no model to use"):
        trained_run.find(str(folder))


@pytest.mark.parametrize("place", ["", "none", "~nobody-is-called-so/x", "x" * 5000, "a\nb"])
def test_what_is_no_run_is_one_sentence(tmp_path, place):
    with pytest.raises(InputError):
        trained_run.find(str(tmp_path / place) if place[:1] != "~" else place)


def test_a_checkpoint_that_is_gone_or_cut_is_one_sentence(made):
    folder = made("dcgan")
    state = folder / "checkpoint" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-9])
    with pytest.raises(InputError, match="damaged"):
        trained_run.find(str(folder))
    for file in (folder / "checkpoint").iterdir():
        file.unlink()
    (folder / "checkpoint").rmdir()
    with pytest.raises(InputError, match="its weights are gone"):
        trained_run.find(str(folder))


def test_a_model_that_is_not_installed_says_what_to_type(made):
    folder = made("dcgan", model="my-gan")
    with pytest.raises(InputError, match="my-gan") as error:
        trained_run.find(str(folder)).model()
    assert error.value.hint == "--plugin FILE.py, if it is one"
    files.write_json(folder / "run.json", {"run": {"address": "/home/a b/my_gan.py:Mine"}})
    with pytest.raises(InputError) as error:
        trained_run.find(str(folder)).model()
    assert error.value.hint == "--plugin '/home/a b/my_gan.py'"


def test_a_run_that_the_suite_lists_comes_before_a_better_one_of_before(made, a_record):
    made("dcgan", "old", **scored(a_record, 1.0))
    folder = made("dcgan", "new", **scored(a_record, 9.0))
    record.write_suite(folder.parent, {"runs": ["new"], "primary": "fid"})
    assert trained_run.find(str(folder.parent / "dcgan")).name == "new"
    record.write_suite(folder.parent, {"runs": [], "primary": "fid"})
    assert trained_run.find(str(folder.parent / "dcgan")).name == "old"


def test_a_run_of_another_suite_than_one_thinks_is_named(made):
    folder = made("cyclegan-unet")
    with pytest.raises(InputError, match="there is no run") as error:
        trained_run.find(str(folder.parent.parent / "scenes-of-mine" / "cyclegan-unet"))
    assert error.value.hint == f"there are: {folder.parent / 'cyclegan-unet'}"


def test_a_suite_and_a_model_without_their_results_folder_are_found_there(made, monkeypatch):
    folder = made("dcgan")
    results = folder.parent.parent
    monkeypatch.chdir(results.rename(results.with_name("results")).parent)
    with pytest.raises(InputError, match="there is no run") as error:
        trained_run.find(f"{folder.parent.name}/dcgan")
    assert error.value.hint == f"--with results/{folder.parent.name}/dcgan"
    assert trained_run.find(f"results/{folder.parent.name}/dcgan").record.model == "dcgan"
    with pytest.raises(InputError, match="there is no run nope") as error:
        trained_run.find("nope")
    assert "results/nope" not in error.value.hint


def test_a_run_without_its_record_is_not_called_missing(made):
    folder = made("cyclegan-unet", "cyclegan-unet.pytorch-seed0-abc")
    (folder / "record.json").unlink()
    (folder / "run.json").write_text("{}")
    with pytest.raises(InputError, match="has left no record") as error:
        trained_run.find(str(folder.parent / "cyclegan-unet"))
    assert error.value.hint == "ganbench run continues it"
