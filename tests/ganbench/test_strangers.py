"""A stranger's results folder is full of code; no command runs any of it.

The stranger is clever: every file is sealed and named in its record as ours are.
"""

import pickle
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganbench import record
from ganbench.data import load
from ganbench.jobs import ConvertJob
from ganbench.planning import plan
from ganbench.planning.suite import from_values
from ganbench.system import files
from ganbench.training import checkpoint, convert_checkpoint, worker
from metrics import registry, scoring

from .conftest import Here, do_here

KEY = "0123abcd"


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "marker"


@pytest.fixture
def code(marker):
    """A Python file that would leave the mark, and is a plugin by its looks."""
    return (
        f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n"
        "from metrics.registry import Metric\n"
        "class Evil:\n    source = 'noise'\n"
        "EVIL = Metric(name='evil')\n"
    )


@pytest.fixture
def fill(marker, code):
    """Fill the folder of a run with traps."""

    def fill(run: Path) -> None:
        run.mkdir(parents=True, exist_ok=True)
        pickled = pickle.dumps(Trap(marker))
        for name in ("samples/1.npy", "views/output.npy", "film/0.npy", "evidence.npy"):
            (run / name).parent.mkdir(exist_ok=True)
            np.save(run / name, np.array([Trap(marker)] * 4, dtype=object), allow_pickle=True)
        (run / "samples" / "raw.npy").write_bytes(pickled)
        np.savez(run / "arrays.npz", images=np.array([Trap(marker)], dtype=object))
        (run / "state.pkl").write_bytes(pickled)
        torch.save({"state": Trap(marker)}, run / "state.pt")
        for name in ("plugin.py", "sitecustomize.py", "conftest.py", "numpy.py", "__init__.py"):
            (run / name).write_text(code)

        def write(folder: Path) -> None:
            torch.save({"state": Trap(marker)}, folder / "state.safetensors")
            (folder / "state.json").write_bytes(pickled)

        state = {"steps": 3, "seconds": 1.0, "in_step": 1.0, "snapshots": [], "film": []}
        state |= {"wall_seconds": 1.0, "first_losses": {}, "plugin": str(run / "plugin.py")}
        checkpoint.save(run, write, state)

    return fill


@pytest.fixture
def results(tmp_path, a_record, fill, two_domains):
    """A results folder from a stranger, all of whose files name each other."""
    results = tmp_path / "stranger"
    run = results / "s" / "run"
    fill(run)
    pair = load.load(str(two_domains), None, None, 32)
    metric = registry.get("fwd")
    score = record.Score(
        *("fwd", metric.title, 1.0, 4, 8, "lower", "", scoring.protocol(metric, None), 1)
    )
    moment = record.Moment(10, 1.0, 2.0, 320, "samples/1.npy")
    run_record = replace(
        a_record,
        framework="tensorflow",
        data={"source": pair.source.describe(), "target": pair.target.describe()},
        environment={"plugin": str(run / "plugin.py")},
        snapshots=(moment,),
        film=(replace(moment, file="film/0.npy"),),
        views={"output": "views/output.npy"},
        evidence={"nearest": "evidence.npy"},
        scores={"fwd": replace(score, version=metric.version)},
        curve=(),
        sha256={
            path.relative_to(run).as_posix(): files.sha256(path)
            for path in run.rglob("*")
            if path.is_file()
        },
    )
    record.write(run, run_record)
    told: dict[str, Any] = {"source_folder": str(pair.source.folder)}
    told |= {"target_folder": str(pair.target.folder)}
    told |= {"device": "cpu", "plugins": ["plugin.py"], "module": "plugin"}
    told["run"] = {"address": f"{run}/plugin.py:Evil", "model": "evil"}
    files.write_json(run / "run.json", told)
    toml = f'models = ["evil"]\nplugins = ["{run}/plugin.py"]\n'
    files.write_text(results / "s" / "suite.toml", toml)
    described = {"name": "s", "command": "x", "budget": "60s", "size": 32, "seeds": [0]}
    described |= {"models": ["dcgan"], "frameworks": ["pytorch"], "runs": ["run"], "toml": toml}
    described |= {"data": asdict(run_record)["data"] | {"gallery": {"source": "run/evidence.npy"}}}
    described |= {"environment": {}, "warnings": [], "primary": "fwd", "samples": 4}
    described |= {"plugins": [str(run / "plugin.py")], "curve_samples": 4}
    record.write_suite(results / "s", described)
    return results


def test_the_traps_are_sharp(results, marker):
    np.load(results / "s/run/samples/1.npy", allow_pickle=True)
    assert marker.exists()
    marker.unlink()
    with open(results / "s/run/checkpoint/state.safetensors", "rb") as file:
        torch.load(file, weights_only=False)
    assert marker.exists()


def test_a_report_runs_nothing(ganbench, results, marker):
    code, _, said = ganbench("report", results)
    assert not marker.exists()
    assert code == 0 or (code == 2 and said.startswith("error: ") and "our mistake" not in said)


@pytest.fixture
def refused(ganbench, marker):
    """The one sentence that a command refuses with; nothing was run."""

    def call(*arguments) -> str:
        code, _, said = ganbench(*arguments)
        assert not marker.exists()
        assert code == 2 and said.startswith("error: "), said
        return said

    return call


def test_a_conversion_runs_nothing(refused, results, monkeypatch):
    do_here(
        monkeypatch, "ganbench.training.convert_checkpoint", ConvertJob, convert_checkpoint.work
    )
    said = refused("convert", results / "s/run", "--to", "pytorch")
    assert "checkpoint cannot be loaded" in said


def test_a_check_runs_nothing(refused, results):
    said = refused("score", "--check", results / "s/run")
    assert "not a readable .npy array" in said


def test_a_score_that_hides_its_network_is_not_compared(ganbench, results):
    run = record.read(results / "s/run")
    hidden = replace(
        run.scores["fwd"], metric="diversity", version=registry.get("diversity").version
    )
    record.write(results / "s/run", replace(run, scores={"diversity": hidden}))
    code, out, _ = ganbench("score", "--check", results / "s/run")
    assert code == 4 and "does not say what network" in out


@pytest.mark.parametrize("fake", ["", "samples/1.npy", "samples/raw.npy", "arrays.npz"])
def test_scoring_runs_nothing(refused, results, two_domains, fake):
    assert "pickled" in refused("score", results / "s/run" / fake, two_domains / "monet")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("weights", ["state.pt", "state.pkl", "checkpoint/state.safetensors"])
def test_weights_run_nothing(refused, results, two_domains, weights):
    both = two_domains / "photo", two_domains / "monet"
    options = "--inception-weights", results / "s/run" / weights, "--metrics", "fid"
    assert "is not a weights file" in refused("score", *both, *options)


def test_a_resumed_run_runs_nothing(
    fill, tmp_path, two_domains, marker, describe_here, monkeypatch
):
    values = {"models": ["dcgan:width=4"], "data": str(two_domains), "size": 32, "threads": 1}
    values |= {"budget": "4step", "samples": 4, "device": "cpu", "profile": "small"}
    values |= {"metrics": ["precision"], "plugins": []}
    made = plan.make(from_values(values, "test"), tmp_path / "theirs", lambda *_: None)
    folder = made.runs[0].folder
    fill(folder)
    monkeypatch.setattr("ganbench.training.worker.signal.signal", lambda number, handler: None)
    threads = torch.get_num_threads()
    worker.work(replace(made.job(made.runs[0]), message_seconds=0.0), Here(None))
    torch.set_num_threads(threads)
    assert not marker.exists()
    status = record.read(folder).status
    assert status.name == "failed" and "checkpoint" in status.reason


def test_a_conversion_makes_no_folder_outside_the_suite(refused, results):
    run = results / "s/run"
    record.write(run, replace(record.read(run), framework="x/../../../evil"))
    said = refused("convert", run, "--to", "pytorch")
    assert "no name of a file inside" in said
