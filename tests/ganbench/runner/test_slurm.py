"""A suite as an array job: submitit's own executor stands in for Slurm, on this machine."""

import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.planning.suite import Suite, read_suite
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


def test_a_setting_typed_at_its_default_makes_a_shard_too_many_and_hinders_none(
    local, two_domains, tmp_path
):
    asked = replace(suite(two_domains), models=("toy-gan", "toy-gan:batch=2"), seeds=(0,))
    code, said = carry_out(asked, tmp_path)
    assert code == 0 and "2 runs submitted" in said and "1 of 1 runs are there" in said


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


class Taken:
    """An executor of submitit's that only writes down what it is asked."""

    last: Any

    def __init__(self, folder, cluster):
        Taken.last, self.folder, self.cluster = self, folder, cluster

    def update_parameters(self, **asked):
        self.asked = asked

    def map_array(self, function, *arguments):
        self.calls = list(zip(*arguments, strict=True))
        return [SimpleNamespace(job_id=f"77_{at}") for at in range(len(self.calls))]


def submitted(two_domains, tmp_path, monkeypatch, order, **changes):
    monkeypatch.setattr(slurm, "_submitit", lambda: SimpleNamespace(AutoExecutor=Taken))
    asked = replace(suite(two_domains), **changes)
    said: list[str] = []
    code = slurm.carry_out(asked, tmp_path / "r", order, said.append, Interrupts())
    return code, said, Taken.last


def test_slurm_is_asked_for_a_day_and_four_cores_and_for_no_gpu(two_domains, tmp_path, monkeypatch):
    order = slurm.Order(None, True, None)
    code, said, taken = submitted(
        two_domains, tmp_path, monkeypatch, order, threads=None, device=None
    )
    assert taken.asked == {"name": "ganbench-s", "timeout_min": 24 * 60 + 10, "cpus_per_task": 4}
    place = tmp_path / "r" / "slurm" / "s"
    assert (taken.folder, taken.cluster) == (place / "jobs", "slurm")
    assert code == 0 and said[0] == "2 runs submitted as job 77"
    assert [stop for _, stop in taken.calls] == [str(place / "stop")] * 2


def test_what_is_typed_for_slurm_is_asked_of_it(two_domains, tmp_path, monkeypatch):
    order = slurm.Order("gpu", True, 61.0, ("--save-every", "5m"))
    changes = {"device": "cuda", "threads": 9, "seeds": (0,), "name": "n" * 100}
    _, said, taken = submitted(two_domains, tmp_path, monkeypatch, order, **changes)
    assert taken.asked == {
        "name": f"ganbench-{'n' * 91}",
        "timeout_min": 12,
        "cpus_per_task": 9,
        "gpus_per_node": 1,
        "slurm_partition": "gpu",
    }
    assert said[0].startswith("1 run submitted")
    assert all(words[-2:] == ["--save-every", "5m"] for words, _ in taken.calls)


def test_every_run_of_every_model_and_seed_is_a_shard_in_a_folder_of_its_own(
    two_domains, tmp_path, monkeypatch
):
    changes = {"models": ("toy-gan", "toy-gan:batch=3"), "seeds": (0, 1, 2)}
    order = slurm.Order(None, True, None)
    _, said, taken = submitted(two_domains, tmp_path, monkeypatch, order, **changes)
    place = tmp_path / "r" / "slurm" / "s"
    (file,) = place.glob("suite-*.toml")
    fixed = [*map(str, slurm.COMMAND), "run", "--suite", str(file), "--results"]
    assert [words for words, _ in taken.calls] == [
        [*fixed, str(place / f"{at}-of-6"), "--shard", f"{at}/6"] for at in range(1, 7)
    ]
    assert f"ganbench merge {place}/*-of-6 --into {tmp_path / 'r'}" in said[1]
    kept = read_suite(file)
    assert (kept.seeds, kept.name, len(kept.models)) == ((0, 1, 2), "s", 2)


def test_jobs_that_wait_read_the_suite_that_they_were_submitted_with(
    two_domains, tmp_path, monkeypatch
):
    order = slurm.Order(None, True, None)
    for budget in ("12step", "24step"):
        _, _, taken = submitted(two_domains, tmp_path, monkeypatch, order, budget=budget)
        (file,) = {words[words.index("--suite") + 1] for words, _ in taken.calls}
        assert read_suite(Path(file)).budget == budget
    assert len(list((tmp_path / "r" / "slurm" / "s").glob("suite-*.toml"))) == 2


def test_a_stop_of_an_earlier_command_holds_nobody(two_domains, tmp_path, monkeypatch):
    stop = tmp_path / "r" / "slurm" / "s" / "stop"
    stop.parent.mkdir(parents=True)
    stop.write_text("")
    submitted(two_domains, tmp_path, monkeypatch, slurm.Order(None, True, None))
    assert not stop.exists()


class Job:
    """One that saves for a while when it is asked to stop, or waits until it is cancelled."""

    def __init__(self, state, stop, result=0):
        self.state, self.stop, self.outcome, self.left = state, stop, result, 5

    def done(self):
        self.left -= self.stop.exists()
        return self.state == "COMPLETED" or (self.state == "RUNNING" and self.left < 0)

    def result(self):
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def cancel(self):
        self.state = "CANCELLED"


def test_a_stop_cancels_what_waits_and_waits_for_what_has_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(slurm, "LOOK_SECONDS", 0.001)
    asks, stop = Interrupts(), tmp_path / "stop"
    asks.asked = True  # by this command alone: `ask` would tell what other tests start
    said: list[str] = []
    states = ("RUNNING", "PENDING", "COMPLETED", "COMPLETED")
    results = (0, 0, 3, OSError("node died"))
    jobs = [Job(state, stop, result) for state, result in zip(states, results, strict=True)]
    assert slurm._wait(jobs, tmp_path, asks, said.append) == [0, 130, 3, 2]
    assert [job.state for job in jobs[:2]] == ["RUNNING", "CANCELLED"]
    assert stop.exists() and len(said) == 1


def test_where_nobody_asks_to_stop_nobody_is_told_to(tmp_path, monkeypatch):
    monkeypatch.setattr(slurm, "LOOK_SECONDS", 0.001)
    jobs, said = [Job("COMPLETED", tmp_path / "stop", code) for code in (0, 3)], list[str]()
    assert slurm._wait(jobs, tmp_path, Interrupts(), said.append) == [0, 3]
    assert said == [] and not (tmp_path / "stop").exists()


def test_a_shard_that_begins_after_the_stop_starts_nothing(tmp_path):
    (tmp_path / "stop").write_text("")
    assert slurm.work(["touch", str(tmp_path / "begun")], str(tmp_path / "stop")) == 130
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize(("codes", "code"), [([0, 3], 3), ([0, 0], 3), ([130, 2], 130)])
def test_shards_that_leave_nothing_are_no_success(two_domains, tmp_path, monkeypatch, codes, code):
    monkeypatch.setattr(slurm, "_wait", lambda *_: codes)
    found, said, _ = submitted(two_domains, tmp_path, monkeypatch, slurm.Order(None, False, None))
    assert found == code
    assert [line for line in said if "has ended" in line] == [
        line for line in said if "shard 2/2 has ended with code 2" in line
    ]
    assert any("has ended" in line for line in said) == (2 in codes)


def test_what_slurm_says_against_a_job_is_one_sentence(two_domains, tmp_path, monkeypatch):
    def refuse(self, function, *arguments):
        raise RuntimeError("sbatch: error: invalid partition\nmore")

    monkeypatch.setattr(Taken, "map_array", refuse)
    with pytest.raises(InputError, match=r"does not take the job: .*invalid partition$"):
        submitted(two_domains, tmp_path, monkeypatch, slurm.Order("x", True, None))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"budget": "soon"}, "is not understood"),
        ({"seeds": (1, 1)}, "named twice"),
        ({"metrics": ("fdi",)}, "no metric 'fdi'"),
        ({"models": ("no-such-gan",)}, 'no model "no-such-gan"'),
    ],
)
def test_what_no_run_can_use_is_refused_before_anything_is_submitted(
    two_domains, tmp_path, monkeypatch, wrong, words
):
    with pytest.raises(ValueError, match=words):
        submitted(two_domains, tmp_path, monkeypatch, slurm.Order(None, True, None), **wrong)
    assert not (tmp_path / "r").exists()


def test_the_metrics_that_all_stands_for_are_spelled_out_for_the_nodes(
    two_domains, tmp_path, monkeypatch
):
    order = slurm.Order(None, True, None)
    submitted(two_domains, tmp_path, monkeypatch, order, metrics=("fwd", "all"))
    (file,) = (tmp_path / "r" / "slurm" / "s").glob("suite-*.toml")
    kept = read_suite(file)
    assert kept.metrics[0] == "fwd" and "all" not in kept.metrics and len(kept.metrics) > 10


def test_all_is_trained_and_merged_again_where_that_is_asked_for(local, two_domains, tmp_path):
    asked = suite(two_domains)
    assert carry_out(asked, tmp_path)[0] == 0
    before = [run.used.wall_seconds for _, run in record.read_results(tmp_path).runs]
    code, said = carry_out(asked, tmp_path, order=slurm.Order(None, False, None, ("--force",)))
    assert code == 0 and "2 of 2 runs are there" in said, said
    after = [run.used.wall_seconds for _, run in record.read_results(tmp_path).runs]
    assert len(after) == 2 and not set(before) & set(after)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": (0, 1, 2)}, r"seeds: \[0, 1\] there, \[0, 1, 2\] here"),
        ({"budget": "20step"}, "budget: 12step there, 20step here"),
    ],
)
def test_another_suite_of_the_name_is_refused_before_anything_is_submitted(
    local, two_domains, tmp_path, changes, said
):
    asked = replace(suite(two_domains), seeds=(0, 1))
    assert carry_out(asked, tmp_path)[0] == 0
    with pytest.raises(InputError, match=said) as raised:
        carry_out(replace(asked, **changes), tmp_path)
    assert raised.value.hint == "--name ANOTHER"
    assert not list(tmp_path.glob("slurm/s/*-of-3"))


def test_what_is_named_twice_is_one_run(two_domains, tmp_path, monkeypatch):
    order = slurm.Order(None, True, None)
    changes = {"models": ("cyclegan", "cyclegan-unet", "toy-gan:batch=3", "toy-gan:batch=3")}
    _, said, _ = submitted(two_domains, tmp_path, monkeypatch, order, **changes)
    assert said[0].startswith("6 runs submitted")  # of three models, two seeds each


def test_a_job_that_was_cancelled_has_not_failed(tmp_path):
    cancelled = SimpleNamespace(state="CANCELLED", done=lambda: True, result=lambda: 1 / 0)
    assert slurm._code(cancelled) == 130
