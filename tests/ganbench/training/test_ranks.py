"""Runs of several ranks: the record of one, resumed with any number, ended with whoever is lost."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import psutil
import pytest
import torch

from ganbench import record
from ganbench.errors import InputError
from ganbench.jobs import InspectJob
from ganbench.planning import inspect_models, plan
from ganbench.planning.suite import check, from_values
from ganbench.system import child_process, frameworks
from ganbench.training import build, checkpoint, lead, siblings, worker
from ganbench.training.resume import Resumable
from ganzoo import registry

CALM = "cyclegan-resnet:width=4,d_width=4,d_layers=1,blocks=1,batch=2,history=3,norm_epsilon=0.1"
FOLLOWER = "ganbench.training.follower"


@pytest.fixture
def make_job(two_domains, tmp_path, describe_here):
    def make(models=CALM, folder="results", budget="16step", **more):
        suite = from_values(
            {
                **{"models": [models], "data": str(two_domains), "size": 32, "budget": budget},
                **{"profile": "official", "device": "cpu", "threads": 1, "samples": 8},
                **{"curve_samples": 4, "snapshots": 2, "frames": 3, **more},
            },
            "test",
        )
        made = plan.make(suite, tmp_path / folder, lambda what, done, of: None)
        return made.job(made.runs[0])

    return make


@pytest.fixture
def run_here(monkeypatch):
    """Work a job of one rank off in this process, which saves the start of another."""
    monkeypatch.setattr("ganbench.training.worker.signal.signal", lambda number, handler: None)
    threads = torch.get_num_threads()

    def work(job, leave_at=None):
        listener = SimpleNamespace(gone=False)

        def send(kind, **content):
            listener.gone = listener.gone or (kind == "progress" and content["step"] == leave_at)

        listener.send = send
        worker.work(job, listener)
        return record.read(job.folder)

    yield work
    torch.set_num_threads(threads)


def run(job, on_message=None):
    job = replace(job, checkpoint_seconds=0.0, message_seconds=0.0)
    ended = child_process.run("ganbench.training.worker", job, on_message, None, 60.0)
    path = job.folder
    return ended, record.read(path) if (path / "record.json").exists() else None


def at_step(least, do):
    """Do something once, when a run says that it has come so far."""
    done: list[float] = []

    def hear(message):
        if message["kind"] == "progress" and message["step"] >= least and not done:
            done.append(do())

    return hear, done


def processes(module):
    """Those that this test has started."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if module in process.cmdline():
                found.append(process)
    return found


def losses(job):
    with open(job.folder / "history.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name in ("G", "cycle", "identity", "D_X", "D_Y", "D")]
    return np.array([[float(row[name]) for name in ("step", *names)] for row in rows])


def test_a_run_goes_on_with_another_number_of_ranks(make_job, run_here):
    straight = make_job(folder="straight")
    alone = run_here(straight)
    assert alone.status.name == "done"
    assert "ranks" not in alone.environment

    two = make_job(folder="shared", ranks=2)
    assert two.key == straight.key  # no batch norm: the result is the same
    before = run_here(replace(two, ranks=1, message_seconds=0.0), leave_at=6)
    assert (before.status.name, before.status.step) == ("interrupted", 6)

    _, after = run(two)
    assert (after.status, after.used.steps) == (record.Status("done", 16, 1.0), 16)
    told = {"ranks": 2, "batch_norm": "statistics of the whole batch, or none"}
    assert after.environment.items() >= told.items()
    assert "ranks 1 -> 2" in (two.folder / "events.jsonl").read_text()
    difference = np.abs(losses(two) - losses(straight))
    assert len(difference) == 16
    assert difference.max() < 1e-5
    assert not (two.folder / build.MEETING).exists()


@pytest.mark.parametrize("lost", ["rank 1", pytest.param("rank 0", marks=pytest.mark.slow)])
def test_when_one_rank_is_killed_all_end_and_the_run_goes_on_later(make_job, run_here, lost):
    job = make_job(budget="100000step", ranks=2)
    module = FOLLOWER if lost == "rank 1" else "ganbench.training.worker"
    seen = []

    def kill():
        (victim,) = processes(module)
        seen.extend(processes(FOLLOWER))
        victim.kill()
        return time.monotonic()

    hear, killed = at_step(8, kill)
    ended, made = run(job, hear)
    gone, alive = psutil.wait_procs(seen, timeout=10)
    assert time.monotonic() - killed[0] < 10
    assert (len(gone), alive) == (1, [])
    if lost == "rank 1":
        assert made.status.name == "failed"
        assert made.status.reason == "rank 1 of 2 was killed by SIGKILL"
        assert made.status.step >= 8
    else:
        assert (ended.code, made) == (-signal.SIGKILL, None)  # the command writes the record
    _, saved, problems = checkpoint.find(job.folder)
    assert (saved["steps"] >= 7, problems) == (True, [])  # step 8 is told before it is saved

    after = goes_on(job, run_here, saved["steps"] + 3, 2 if lost == "rank 1" else 1)
    assert after.status.name == "interrupted"
    assert after.status.step >= saved["steps"] + 3


def goes_on(job, run_here, least, ranks):
    """The record of a run after so many steps more, stopped by Ctrl-C or by its parent's end."""
    if ranks == 1:
        return run_here(replace(job, ranks=1, message_seconds=0.0), leave_at=least)
    hear, _ = at_step(least, child_process.interrupt)
    try:
        return run(job, hear)[1]
    finally:
        child_process.calm()


STUCK = """
import sys, time
from pathlib import Path
from ganbench.jobs import TrainJob
from ganbench.system import child_process
from ganbench.training import siblings
job = child_process.validated(TrainJob, Path(sys.argv[1]).read_text())
siblings.GRACE_SECONDS = 1.0
others = siblings.Siblings(job, lambda why: Path(sys.argv[2]).write_text(why))
others.start()
time.sleep(120)  # as in a message of NCCL that nobody answers
"""


def test_a_rank_0_that_cannot_notice_is_ended_with_a_record(make_job, tmp_path):
    job = make_job(ranks=2)
    broken = replace(job, run=replace(job.run, address="nowhere:Nothing"))
    (tmp_path / "job").write_text(json.dumps(child_process.plain(broken)))
    command = [sys.executable, "-c", STUCK, tmp_path / "job", tmp_path / "why"]
    assert subprocess.run(command, timeout=60, env=os.environ | {"PYTHONSAFEPATH": ""}).returncode
    assert (tmp_path / "why").read_text().startswith("rank 1 of 2 ")
    assert "nowhere" in (tmp_path / "why").read_text()


def test_alone_there_is_nobody_to_wait_for(make_job):
    others = siblings.Siblings(make_job(), print)
    others.start()
    assert others.why() == ""
    others.end()
    others.end()


def test_ranks_that_have_grown_apart_are_not_saved(tmp_path):
    trainer = SimpleNamespace(digest=lambda: b"1" * 32, save=lambda folder: pytest.fail("saved"))
    group = SimpleNamespace(from_first=lambda array: array, all_agree=lambda mine: False)
    with pytest.raises(lead.Unequal, match="does not average its gradients"):
        lead.Leader(trainer, group).save(tmp_path)


def test_the_key_changes_only_with_what_ranks_change(make_job):
    dcgan = "dcgan:width=4,latent=8,batch=4"
    alone, cut = make_job(dcgan), make_job(dcgan, ranks=2)
    whole = make_job(dcgan, ranks=2, sync_batchnorm=True)
    assert alone.key == whole.key != cut.key
    assert cut.run.norm_parts == 2
    assert cut.ranks_told == {"ranks": 2, "batch_norm": "statistics of each rank alone"}
    assert cut.key != make_job(dcgan, ranks=4).key


def test_threads_are_shared_out_unless_named(make_job, monkeypatch):
    monkeypatch.setattr(frameworks, "usable_cores", lambda: 6)
    open_ones = replace(make_job(ranks=2), threads=None)
    assert (build.threads(open_ones), open_ones.threads_are_open) == (3, False)
    assert build.threads(replace(open_ones, ranks=7)) == 1
    assert build.threads(replace(open_ones, threads=2)) == 2
    assert build.threads(replace(open_ones, ranks=1)) is None


def test_each_rank_has_its_gpu(make_job):
    job = replace(make_job(ranks=2), device="cuda")
    assert [job.device_of(rank) for rank in (0, 1)] == ["cuda:0", "cuda:1"]
    assert replace(job, ranks=1, device="cuda:1").device_of(0) == "cuda:1"


@pytest.mark.parametrize(
    ("device", "there", "words", "hint"),
    [
        ("cuda:1", ["cuda", "cuda:0", "cuda:1", "cpu"], "the first 2 GPUs", "--device cuda"),
        ("mps", ["cpu", "mps"], "not on mps", "--device cpu"),
        ("cuda", ["cuda", "cuda:0", "cpu"], "there is 1 GPU", "--ranks 1"),
    ],
)
def test_ranks_need_a_place_each(monkeypatch, device, there, words, hint):
    monkeypatch.setattr(frameworks, "_torch_devices", lambda: there)
    with pytest.raises(InputError, match=words) as error:
        frameworks.check_ranks(device, 2)
    assert hint in error.value.hint
    frameworks.check_ranks(device, 1)


def test_tensorflow_trains_alone():
    suite = from_values({"frameworks": ["pytorch", "tensorflow"], "ranks": 2}, "test")
    with pytest.raises(InputError, match=r"PyTorch's models only, and tensorflow is asked for"):
        check(suite)


PLUGIN = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    batch: int = 2
    latent: int = 3

class Alone:
    framework = "pytorch"
    source = "noise"
    Settings = Settings
    def __init__(self, settings, task): ...
    def step(self, source, target): ...
    def generate(self, source): ...
    def save(self, folder): ...
    def load(self, folder): ...
"""


def test_a_model_that_averages_nothing_is_refused_before_it_begins(tmp_path):
    file = tmp_path / "alone.py"
    file.write_text(PLUGIN)
    model = registry.select("alone", (file,))[0]
    job = InspectJob("pytorch", "cpu", 32, "small", ((model, {}),), 2)
    with pytest.raises(InputError, match="alone cannot be trained by several ranks"):
        inspect_models.describe(job, Mock())


def test_resume_names_ranks_among_its_conditions():
    about = {"packages": {"torch": "2"}, "threads": 1}
    job = SimpleNamespace(run=SimpleNamespace(framework="pytorch"), ranks=3)
    resumable = Resumable(SimpleNamespace(surroundings=about, job=job), None, None, None)
    assert resumable._conditions()["ranks"] == 3
