"""A suite as an array job: submitit's own executor stands in for Slurm, on this machine."""

import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.planning.suite import Suite
from ganbench.runner import merge, slurm
from ganbench.runner.interrupts import Interrupts
from ganbench.system import child_process

LIGHT = Path(__file__).parents[1] / "light"


@pytest.fixture
def local(monkeypatch):
    """Jobs are processes here, of models without a framework; nobody judges, no page is built."""
    monkeypatch.setattr(slurm, "ENGINE", "local")
    monkeypatch.setattr(slurm, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(slurm, "COMMAND", (sys.executable, LIGHT / "light_ganbench.py"))
    monkeypatch.setattr(merge, "report", lambda into, name: into / "report.html")
    code = os.pathsep.join([str(LIGHT), str(LIGHT.parents[2])])
    monkeypatch.setenv("PYTHONPATH", code)
    yield
    child_process.calm()


def suite(two_domains, model="toy-gan", budget="12step"):
    return Suite(
        models=(model,), seeds=(0, 1), data=str(two_domains), size=32, samples=8, metrics=("fwd",),
        device="cpu", threads=1, budget=budget, snapshots=2, frames=2, name="s",
        plugins=(str(LIGHT / "toy_gan.py"),),
    )  # fmt: skip


def carry_out(asked, results, asks=None, order=None):
    said: list[str] = []
    order = order or slurm.Order(None, False, None)
    code = slurm.carry_out(asked, results, order, said.append, asks or Interrupts())
    return code, "\n".join(said)


def statuses(results):
    return [run.status.name for _, run in record.read_results(results).runs]


def test_every_run_is_a_job_and_what_they_leave_is_merged(local, two_domains, tmp_path):
    code, said = carry_out(suite(two_domains), tmp_path)
    assert code == 0 and "2 runs submitted as job" in said and "2 of 2 runs are there" in said
    assert statuses(tmp_path) == ["done", "done"]
    shards = [path.name for path in (tmp_path / "slurm" / "s").glob("*-of-2")]
    assert sorted(shards) == ["1-of-2", "2-of-2"]


def test_a_stop_lets_every_run_save_and_the_same_command_goes_on(local, two_domains, tmp_path):
    asked, asks = suite(two_domains, "toy-gan:seconds=0.05", "60step"), Interrupts()

    def stop_later():
        limit = time.monotonic() + 60
        while len(list(tmp_path.glob("slurm/s/*/s/*/film/*"))) < 2 and time.monotonic() < limit:
            time.sleep(0.05)
        asks.ask("")

    waiting = threading.Thread(target=stop_later)
    waiting.start()
    code, said = carry_out(asked, tmp_path, asks)
    waiting.join()
    assert code == 130 and "stopping" in said
    assert "interrupted" in statuses(tmp_path)
    child_process.calm()
    code, said = carry_out(asked, tmp_path)
    assert code == 0 and statuses(tmp_path) == ["done", "done"], said
    logs = [path.read_text() for path in tmp_path.glob("slurm/s/*/s/*/events.jsonl")]
    assert any('"resumed"' in log for log in logs)


@pytest.mark.slow
def test_detached_it_returns_at_once_and_says_how_to_merge(local, two_domains, tmp_path):
    asked, order = suite(two_domains), slurm.Order("gpu", True, 60.0, ("--save-every", "5m"))
    code, said = carry_out(asked, tmp_path, order=order)
    assert code == 0 and "ganbench merge" in said and "*-of-2 --into" in said
    limit = time.monotonic() + 60
    while len(list(tmp_path.glob("slurm/s/*/s/*/record.json"))) < 2 and time.monotonic() < limit:
        time.sleep(0.1)
    code, said = carry_out(asked, tmp_path)
    assert code == 0 and statuses(tmp_path) == ["done", "done"], said


def test_a_shard_that_cannot_start_is_told_with_where_its_words_are(local, two_domains, tmp_path):
    asked = replace(suite(tmp_path / "nowhere"), seeds=(0,))
    code, said = carry_out(asked, tmp_path / "r")
    assert code == 2 and "shard 1/1 has ended with code 2; its words are in" in said


def test_a_shard_that_was_killed_is_no_success(tmp_path, monkeypatch):
    handlers = [(number, signal.getsignal(number)) for number in (signal.SIGUSR2, signal.SIGTERM)]
    monkeypatch.setattr(slurm, "LOOK_SECONDS", 0.01)
    assert slurm.work(["sh", "-c", "kill -9 $$"], str(tmp_path / "stop")) == 137
    for number, handler in handlers:
        signal.signal(number, handler)


def test_a_run_that_is_missing_at_the_end_is_no_success(local, two_domains, tmp_path, monkeypatch):
    def lose_one(jobs, place, *_):
        for job in jobs:
            job.result()
        shutil.rmtree(next(place.glob("1-of-2/s/toy*")))
        return [0] * len(jobs)

    monkeypatch.setattr(slurm, "_wait", lose_one)
    code, said = carry_out(suite(two_domains), tmp_path)
    assert code == 3 and "1 of 2 runs are there" in said


def test_without_slurm_or_submitit_one_sentence_says_so(two_domains, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="no Slurm on this machine"):
        carry_out(suite(two_domains), tmp_path)
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(InputError, match="submitit is not installed") as raised:
        carry_out(suite(two_domains), tmp_path)
    assert raised.value.hint == 'pip install "ganbench[submitit]"'
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--on", "slurm", "--shard", "1/2"),
        ("--on", "slurm", "--extend"),
        ("--on", "slurm", "--dry-run"),
        ("--partition", "gpu"),
        ("--detach",),
    ],
)
def test_options_that_do_not_go_together_are_told(ganbench, words, tmp_path):
    code, _, said = ganbench("run", "--results", tmp_path, *words)
    assert code == 2 and "slurm" in said and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", [("--on", "slurm"), ("--shard", "1/2")])
def test_a_precision_that_each_machine_would_find_out_is_refused(ganbench, local, where, tmp_path):
    words = ("--models", "dcgan:precision=auto", "--results", tmp_path / "r", *where)
    code, _, said = ganbench("run", *words)
    assert code == 2 and "precision=auto is found out on each machine" in said
    assert list(tmp_path.iterdir()) == []


def test_several_ranks_and_addresses_of_storages_are_refused(
    ganbench, local, two_domains, tmp_path
):
    with pytest.raises(InputError, match="2 ranks train a run on one machine"):
        carry_out(replace(suite(two_domains), ranks=2), tmp_path)
    code, _, said = ganbench("run", "--on", "slurm", "--results", "memory://bucket/r")
    assert code == 2 and "in a folder that its nodes share" in said
    assert list(tmp_path.iterdir()) == []
