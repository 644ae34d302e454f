"""Several commands on one results folder: no run is trained twice, none is lost."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ganbench import record
from ganbench.data import load
from ganbench.errors import InputError
from ganbench.runner import suite_runner
from ganbench.system import files, locks

LIGHT = Path(__file__).parents[1] / "light"


def start_many(two_domains, tmp_path, commands, runs):
    words = [sys.executable, LIGHT / "many.py", two_domains, tmp_path, tmp_path / "log", runs]
    return [
        subprocess.Popen(
            list(map(str, words)),
            env={**os.environ, "PYTHONPATH": str(LIGHT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(commands)
    ]


def test_eight_commands_train_each_of_a_hundred_runs_once(two_domains, tmp_path):
    load.load(str(two_domains), None, None, 32, False)  # in the cache, so that all start at once
    for process in start_many(two_domains, tmp_path, 8, 100):
        _, words = process.communicate(timeout=120)
        assert process.returncode == 0, words
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert len(lines) == 100
    assert set(Counter(key for key, _ in lines).values()) == {1}
    assert len({pid for _, pid in lines}) > 1
    found = record.read_results(tmp_path)
    assert (len(found.runs), found.unreadable) == (100, ())
    assert found.suite["warnings"] == [suite_runner.TOGETHER]


def test_a_claimed_run_is_refused_to_others_and_free_again_afterwards(tmp_path):
    with locks.claim(tmp_path / "run") as ours, locks.claim(tmp_path / "run") as theirs:
        assert (ours, theirs) == (True, False)
    with locks.claim(tmp_path / "run") as ours:
        assert ours


def test_a_claim_ends_with_its_process(tmp_path):
    hold = f"""
import sys
from pathlib import Path
from ganbench.system import locks
suite = Path({str(tmp_path)!r})
with locks.claim(suite / "run"), locks.present(suite):
    print("held", flush=True)
    sys.stdin.read()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    with locks.claim(tmp_path / "run") as ours:
        assert not ours
    assert locks.others(tmp_path)
    holder.kill()
    holder.communicate()
    with locks.claim(tmp_path / "run") as ours:
        assert ours
    assert not locks.others(tmp_path)
    assert list((tmp_path / locks.COMMANDS).iterdir()) == []


ABOUT = {
    **{"budget": "9step", "size": 32, "samples": 8, "curve_samples": 4, "data": {"x": 1}},
    **{"seeds": [0], "models": ["a"], "frameworks": ["pytorch"], "runs": ["a-0"]},
}


def test_two_commands_with_other_models_are_described_together(tmp_path):
    other = ABOUT | {"models": ["b"], "runs": ["b-0"]}
    assert suite_runner._together(tmp_path, ABOUT, other) == {
        **{"seeds": [0], "models": ["a", "b"], "frameworks": ["pytorch"], "runs": ["a-0", "b-0"]}
    }


def test_another_experiment_in_a_folder_at_work_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"at work in .* with other budget, data") as caught:
        suite_runner._together(tmp_path, ABOUT, ABOUT | {"budget": "1step", "data": {}})
    assert "--name NAME" in caught.value.hint


def test_what_is_written_of_a_suite_is_whole_whoever_writes(tmp_path, two_domains):
    for process in start_many(two_domains, tmp_path, 2, 3):
        process.communicate(timeout=60)
    assert files.read_sealed(tmp_path / "s/suite.json")["models"] == ["fake"]


class Plan:
    """What starting over and concluding ask of a plan."""

    def __init__(self, folder, *names):
        self.folder = folder
        self.runs = [type("Planned", (), {"folder": folder / name}) for name in names]
        self.beside = ()


def test_starting_over_removes_the_runs_of_the_plan_and_no_other(tmp_path):
    for name in ("a", "b", "c"):
        files.write_text(tmp_path / name / "record.json", "{}")
    files.write_text(tmp_path / "suite.json", "{}")
    suite_runner._start_over(Plan(tmp_path, "a", "b", "new"), shared=False)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_nobody_starts_over_what_another_command_is_at(tmp_path):
    files.write_text(tmp_path / "a/record.json", "{}")
    with pytest.raises(InputError, match="whose runs --force would end"):
        suite_runner._start_over(Plan(tmp_path, "a"), shared=True)
    assert (tmp_path / "a/record.json").exists()


def test_whoever_looks_at_a_claim_writes_nothing_and_keeps_nobody_out(tmp_path):
    run = tmp_path / "s" / "run"
    assert not locks.is_claimed(run) and not (tmp_path / "s").exists()
    with locks.claim(run) as ours:
        assert ours and locks.is_claimed(run)
    there = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    assert not locks.is_claimed(run)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == there
    with locks.claim(run) as ours:
        assert ours
