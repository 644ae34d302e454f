"""One command, two frameworks: a real suite, its report, and checkpoints that go over."""

import json
import subprocess
import sys

import numpy as np
import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.jobs import InspectJob
from ganbench.planning import inspect_models, plan

DCGAN = "dcgan:width=4,batch=2,init_std=0.2"
pytestmark = pytest.mark.tensorflow


def command(*words) -> subprocess.CompletedProcess:
    line = [sys.executable, "-m", "ganbench", *map(str, words)]
    return subprocess.run(line, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def finished(two_domains, tmp_path_factory):
    """DCGAN in both frameworks, eight steps each."""
    results = tmp_path_factory.mktemp("results")
    done = command(
        *("run", "--models", DCGAN, "--frameworks", "pytorch,tensorflow", "--metrics", "fwd"),
        *("--data", two_domains, "--results", results, "--size", 32, "--budget", "8step"),
        *("--samples", 8, "--device", "cpu", "--threads", 1),
    )
    return results, done


@pytest.fixture(scope="module")
def runs(finished):
    results, _ = finished
    return {path.parent.name.split("-")[0]: path.parent for path in results.glob("*/*/record.json")}


def test_nothing_but_the_runs_is_on_the_screen(finished):
    _, done = finished
    assert (done.returncode, done.stderr) == (0, "")
    assert "oneDNN" not in done.stdout and "WARNING" not in done.stdout


def test_both_records_tell_of_the_same_model(runs):
    one, other = (record.read(runs[name]) for name in ("dcgan.pytorch", "dcgan.tensorflow"))
    assert one.cost.parameters == other.cost.parameters
    assert one.cost.flop_per_step == other.cost.flop_per_step
    assert one.settings == other.settings and one.used.steps == other.used.steps == 8
    for name, loss in one.first_losses.items():
        assert other.first_losses[name] == pytest.approx(loss, rel=1e-5)
    assert one.environment["threads"] == other.environment["threads"] == 1


def test_what_starting_and_compiling_took_is_recorded(runs):
    for name in ("dcgan.pytorch", "dcgan.tensorflow"):
        cost = record.read(runs[name]).cost
        assert cost.start_seconds > 0 and cost.compile_seconds >= 0


def test_the_report_compares_the_frameworks(finished):
    results, _ = finished
    page = (results / "report.html").read_text()
    assert 'id="frameworks"' in page


@pytest.mark.parametrize(
    ("model", "to"), [("dcgan.pytorch", "tensorflow"), ("dcgan.tensorflow", "pytorch")]
)
def test_a_checkpoint_goes_over_and_draws_the_same(runs, model, to, tmp_path):
    done = command("convert", runs[model], "--to", to, "--out", tmp_path / "new")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("8 pictures differ by at most")
    new, old = record.read(tmp_path / "new"), record.read(runs[model])
    assert (new.framework, new.converted_from) == (to, old.framework)
    assert new.scores == {} and new.settings == old.settings
    pictures = [
        np.load(place / "views/output.npy").astype(int) for place in (runs[model], tmp_path / "new")
    ]
    assert np.abs(pictures[0] - pictures[1]).max() <= 1 and pictures[0].std() > 1
    state = json.loads((tmp_path / "new/checkpoint/state.json").read_text())
    assert (state["framework"], state["steps"]) == (to, 8)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "pytorch"), "is a pytorch run already"),
        (("--to", "jax"), 'there is no framework "jax"'),
        (("--to", "tensorflow", "--out", "."), "is there already"),
    ],
)
def test_a_conversion_that_cannot_be_is_one_sentence(runs, words, said):
    done = command("convert", runs["dcgan.pytorch"], *words)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_a_run_without_a_checkpoint_is_one_sentence(tmp_path, a_record):
    record.write(tmp_path / "run", a_record)
    done = command("convert", tmp_path / "run", "--to", "tensorflow")
    assert done.returncode == 2 and "has no checkpoint" in done.stderr


def test_a_model_without_a_twin_is_one_sentence(tmp_path, a_record):
    from dataclasses import replace

    record.write(tmp_path / "run", replace(a_record, model="sgan"))
    done = command("convert", tmp_path / "run", "--to", "tensorflow")
    assert done.returncode == 2 and 'there is no model "sgan"' in done.stderr


def test_without_tensorflow_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    job = InspectJob("tensorflow", None, None, None, ())
    with pytest.raises(InputError, match="tensorflow is not installed") as caught:
        inspect_models.describe(job, None)
    assert caught.value.hint == 'pip install "ganbench[tensorflow]"'


def test_frameworks_on_different_devices_are_refused():
    with pytest.raises(InputError, match="pytorch cuda, tensorflow cpu") as caught:
        plan._check_devices({"pytorch": "cuda", "tensorflow": "cpu"})
    assert "tensorflow[and-cuda]" in caught.value.hint
