"""Commands and their processes under signals, quotas and models that misbehave.

The real command with models that need no framework: see tests/ganbench/light.
"""

import json
import os
import random
import signal
import time
import uuid

import psutil
import pytest

from .conftest import LIGHT, ended, light, started

WAYS = {  # what a model does -> status, and what the reason says
    "raises": ("failed", "RuntimeError: the paint is dry"),
    "memory": ("out_of_memory", "MemoryError"),
    "hangs": ("failed", "gave no sign of life for"),
    "stops": ("failed", "gave no sign of life for"),
    "killed": ("failed", "was killed by SIGKILL"),
    "segfault": ("failed", "was killed by SIGSEGV: Fatal Python error: Segmentation fault"),
    "exits": ("failed", "ended with code 0 and without a result"),
    "prints": ("failed", "RuntimeError: and fell silent"),
    "forks": ("failed", "ended with code 1 and without a result"),
}


class Command:
    """One `ganbench run`, whose processes can be told from all others."""

    def __init__(self, two_domains, results, models="toy-gan", budget="12step", *more, **variables):
        self.mark = uuid.uuid4().hex
        asked = ("--models", models, "--budget", budget, *more)
        self.words = light(two_domains, results, *asked)
        self.results = results
        code = os.pathsep.join([str(LIGHT), str(LIGHT.parents[2])])
        self.variables = {"PYTHONPATH": code, "TRIAL": self.mark, **variables}

    def start(self):
        self.results.mkdir(parents=True, exist_ok=True)
        return started(self.words, self.results, **self.variables)

    def run(self):
        with self.start() as process:
            return ended(process)

    def processes(self):
        """All that it has started and that still lives."""
        return [p for p in psutil.process_iter() if self._is_ours(p)]

    def _is_ours(self, process):
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            return alive and process.environ().get("TRIAL") == self.mark
        except (psutil.Error, OSError):
            return False

    def records(self):
        found = (json.loads(path.read_text()) for path in self.results.glob("s/*/record.json"))
        return {record["label"]: record for record in found}

    def wait_for(self, pattern, process):
        """Wait until a file is there."""
        limit = time.monotonic() + 120
        while not list(self.results.glob(pattern)) and time.monotonic() < limit:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.02)


def bits(results):
    """What a run must repeat bit for bit."""
    found = {
        path.relative_to(results): path.read_bytes()
        for pattern in ("checkpoint/state.npy", "samples/*", "film/*", "views/*")
        for path in sorted(results.glob(f"s/*/{pattern}"))
    }
    assert len(found) > 10
    rows = [
        line.split(",")
        for path in results.glob("s/*/history.csv")
        for line in path.read_text().splitlines()
    ]
    return found | {"history": [[row[0], row[2], *row[5:]] for row in rows]}


@pytest.fixture(scope="module")
def misbehaved(two_domains, tmp_path_factory):
    models = ",".join(["toy-gan", *(f"toy-gan:fault={way}" for way in WAYS)])
    command = Command(
        two_domains, tmp_path_factory.mktemp("faults"), models, TRIAL_PATIENCE="3", TRIAL_REPORT="1"
    )
    return command, *command.run()


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_that_misbehaves_has_its_status_and_reason(misbehaved, way):
    command, _, _ = misbehaved
    record = command.records()[f"toy-gan:fault={way}"]
    status, reason = WAYS[way]
    assert record["status"]["name"] == status
    assert reason in record["status"]["reason"]


def test_the_other_runs_go_on_and_every_run_has_its_row(misbehaved):
    command, code, words = misbehaved
    assert code == 3, words
    assert command.records()["toy-gan"]["status"]["name"] == "done"
    table = (command.results / "comparison.csv").read_text()
    assert all(f"toy-gan:fault={way}" in table for way in WAYS)


def test_nothing_is_left_of_workers_that_misbehaved(misbehaved):
    command, _, _ = misbehaved
    assert command.processes() == []
    texts = list(command.results.glob("s/*/error.txt"))
    assert len(texts) == len(WAYS)
    assert max(path.stat().st_size for path in texts) < 100_000


@pytest.fixture(scope="module")
def straight(two_domains, tmp_path_factory):
    """The bits of a run that nobody disturbed."""
    results = tmp_path_factory.mktemp("straight")
    code, words = Command(two_domains, results, "toy-gan", "60step").run()
    assert code == 0, words
    return list(bits(results).values())


@pytest.mark.parametrize(
    ("number", "heard"),
    [
        (signal.SIGTERM, False),  # as when `| tee` is ended by the same signal
        pytest.param(signal.SIGTERM, True, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, True, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, False, marks=pytest.mark.slow),
    ],
)
def test_termination_saves_and_the_same_command_goes_on(
    straight, two_domains, tmp_path, number, heard
):
    command = Command(two_domains, tmp_path / "broken", "toy-gan:seconds=0.05", "60step")
    with command.start() as process:
        command.wait_for("s/*/film/step-*4.npy", process)
        if not heard:
            process.stdout.close()
        asked = time.time()
        process.send_signal(number)
        assert process.wait(timeout=60) == 130
    saved = (tmp_path / "broken/s").glob("*/checkpoint/checkpoint.json")
    assert max(path.stat().st_mtime for path in saved) < asked + 5
    (record,) = command.records().values()
    assert record["status"]["name"] == "interrupted"
    assert 0 < record["status"]["step"] < 60
    code, words = command.run()
    assert (code, "resumed at step" in words) == (0, True)
    assert list(bits(tmp_path / "broken").values()) == straight


def test_a_quota_ends_the_command_in_time_with_everything_saved(two_domains, tmp_path):
    for seconds in (5, 10, 20, 40, 80):  # a busy machine starts slowly
        results = tmp_path / str(seconds)
        command = Command(
            *(two_domains, results, "toy-gan:seconds=0.05", "9000step", "--until", f"{seconds}s"),
            TRIAL_REPORT="1",
        )
        began = time.monotonic()
        code, words = command.run()
        assert code == 130, words
        assert time.monotonic() - began > seconds
        if command.records():
            break
    assert "time is up" in words
    assert "Continue with the same command" in words
    (record,) = command.records().values()
    assert record["status"]["name"] == "interrupted"
    assert (results / "report.html").exists()


def test_ctrl_c_twice_leaves_at_once_and_nothing_behind(two_domains, tmp_path):
    command = Command(two_domains, tmp_path, "toy-gan:fault=hangs,at=1")
    with command.start() as process:
        command.wait_for("s/*/film/*.npy", process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
    assert process.returncode == 130
    wait_until_gone(command)


def kill_and_count(two_domains, results, fault, seed):
    """Kill the command as a whole at a random moment."""
    moment = random.Random(seed).uniform(0.1, 4.0)
    print(f"seed {seed}: kill -9 after {moment:.2f} s, a model that {fault or 'trains'}")
    changes = f"toy-gan:fault={fault},seconds=0.02" if fault else "toy-gan:seconds=0.02"
    command = Command(two_domains, results, changes, "9000step")
    with command.start() as process:
        time.sleep(moment)
        assert process.poll() is None, process.stdout.read()
        process.kill()
        wait_until_gone(command)


def wait_until_gone(command):
    limit = time.monotonic() + 5
    while (left := command.processes()) and time.monotonic() < limit:
        time.sleep(0.1)
    assert [p.cmdline() for p in left] == []


@pytest.mark.parametrize(("seed", "fault"), [(0, ""), (1, "stops")])
def test_no_process_outlives_a_killed_command(two_domains, tmp_path, seed, fault):
    kill_and_count(two_domains, tmp_path, fault, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_no_process_outlives_a_killed_command_at_twenty_moments(two_domains, tmp_path, seed):
    kill_and_count(two_domains, tmp_path, ("", "stops", "forks", "hangs")[seed % 4], 100 + seed)


def test_any_path_will_do_and_a_folder_may_be_moved_in_between(straight, two_domains, tmp_path):
    odd = tmp_path / "mit Leerzeichen, Ümläut und 画 'q'"
    pictures = odd / "Bilder von früher"
    pictures.parent.mkdir()
    pictures.symlink_to(two_domains)
    first = odd / "erste Ergebnisse"
    command = Command(
        pictures, first, "toy-gan:seconds=0.05", "60step", GANBENCH_CACHE=str(odd / "Zwischenlager")
    )
    with command.start() as process:
        command.wait_for("s/*/film/step-*4.npy", process)
        process.send_signal(signal.SIGTERM)
        words, _ = process.communicate(timeout=60)
    assert process.returncode == 130, words
    second = tmp_path / "zweite"
    first.rename(second)
    command.words[command.words.index(str(first))] = str(second)
    command.results = second
    code, words = command.run()
    assert (code, "resumed at step" in words) == (0, True), words
    assert list(bits(second).values()) == straight
    assert not first.exists()
