"""Results of version 0.1, as its users have them: they open, report the same numbers, go on.

version_0_1/ holds a suite that commit 535a8e6 left (a run that is done, one that was interrupted at
step 43 of 80, one that failed), its made-up pictures, and the table it wrote about them.
"""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganbench import record
from ganbench.data import load
from ganbench.jobs import TrainJob
from ganbench.report import build
from ganbench.system.child_process import validated
from ganbench.training import worker

OLD = Path(__file__).parent / "version_0_1"
INTERRUPTED = "cyclegan-resnet.pytorch-seed0-0fd61ccc"


class Nobody:
    gone = False

    def send(self, kind, **content):
        pass


@pytest.fixture
def results(tmp_path):
    return shutil.copytree(OLD / "results", tmp_path / "results")


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_report_says_the_same_numbers(results):
    build(results)
    now, old = table(results / "comparison.csv"), table(OLD / "comparison.csv")
    new = now[0].keys() - old[0].keys()
    told = {"pixels", "budget"}  # which its records have said all along
    assert new == {"imported", "energy_joules", "money", "profile", "held_out_paintings", *told}
    assert {row.pop(name) for row in now for name in new - told} <= {"0", ""}
    assert all(row.pop(name) for row in now if row["row"] == "model" for name in told)
    for row in now:
        assert not any(row.pop(name, "") for name in told)
    assert now == old
    read = record.read_results(results)
    statuses = {run.model: run.status.name for _, run in read.runs}
    assert statuses == {
        **{"dcgan": "done", "cyclegan-resnet": "interrupted"},
        **{"failing-gan": "failed"},
    }


def test_an_interrupted_run_goes_on_from_its_checkpoint(results, monkeypatch):
    monkeypatch.setattr("ganbench.training.worker.signal.signal", lambda number, handler: None)
    folder, threads = results / "old" / INTERRUPTED, torch.get_num_threads()
    job = validated(TrainJob, (folder / "run.json").read_text())
    source, target = (
        load.load_one(str(OLD / "data" / kind), 32) for kind in ("photos", "paintings")
    )
    before = table(folder / "history.csv")
    worker.work(
        replace(job, folder=folder, source_folder=source.folder, target_folder=target.folder),
        Nobody(),
    )
    torch.set_num_threads(threads)
    made, rows = record.read(folder), table(folder / "history.csv")
    assert (made.status.name, made.used.steps) == ("done", 80)
    assert [int(row["step"]) for row in rows] == list(range(1, 81))
    assert rows[:43] == before[:43]
    events = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    assert [event["step"] for event in events if event["event"] == "resumed"] == [43]
