"""A stopped run whose files tear before it goes on."""

import json
import shutil
from dataclasses import replace

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.system import environment, frameworks
from ganbench.training import worker

RESULT = ("checkpoint/state.*", "samples/*.npy", "film/*.npy", "views/*.npy")


class Listener:
    """A parent that leaves at a step."""

    def __init__(self, leave_at=None):
        self.leave_at, self.gone = leave_at, False

    def send(self, kind, **content):
        self.gone = self.gone or (kind == "progress" and content["step"] == self.leave_at)


@pytest.fixture
def work(monkeypatch, tmp_path, make_job):
    """Train in a folder, until a step if one is given; returns the record."""
    monkeypatch.setattr(frameworks, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(environment, "describe", lambda *_, **__: {"threads": 1, "packages": {}})
    monkeypatch.setattr("ganbench.training.worker.signal.signal", lambda number, handler: None)
    job = make_job(0, "4step")

    def go(folder, leave_at=None):
        worker.work(replace(job, folder=folder), Listener(leave_at))
        return record.read(folder)

    return go


def bits(folder):
    found = {p.relative_to(folder): p.read_bytes() for name in RESULT for p in folder.glob(name)}
    assert len(found) >= 6
    rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    return found, [(row[0], row[5]) for row in rows]


def tear(path, way):
    content = path.read_bytes()
    path.unlink()
    if way == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif way == "flip":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 4]) + content[-8:])


def warnings(folder):
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [event["reason"] for event in events if event["event"] == "warning"]


@pytest.fixture
def stopped(work, tmp_path):
    """The bits of a straight run, and the folder of one that was stopped at step 3."""
    assert work(tmp_path / "straight").status.name == "done"
    assert work(tmp_path / "stopped", 3).status.name == "interrupted"
    return bits(tmp_path / "straight"), tmp_path / "stopped"


@pytest.mark.parametrize("way", ["cut", "flip", "remove"])
def test_from_the_checkpoint_before_a_torn_one_come_the_same_bits_and_a_warning(
    work, stopped, tmp_path, way
):
    wanted, before = stopped
    for name in sorted(path.name for path in (before / "checkpoint").iterdir()):
        again = shutil.copytree(before, tmp_path / f"again-{name}")
        tear(again / "checkpoint" / name, way)
        assert work(again).status.name == "done" and bits(again) == wanted
        (said,) = warnings(again)
        assert said.endswith("; the checkpoint before it is used") and "checkpoint" in said


def test_a_torn_history_is_made_whole_and_torn_pictures_are_told(work, stopped, tmp_path):
    wanted, again = stopped
    tear(again / "history.csv", "flip")
    tear(again / "film/step-00000000.npy", "flip")
    run = work(again)
    found = bits(again)
    assert found[1] == wanted[1]
    assert warnings(again) == ["film/step-00000000.npy is damaged: it is not what this run wrote"]
    with pytest.raises(InputError, match="is damaged"):
        record.array(again, run, "film/step-00000000.npy")


def test_where_both_checkpoints_are_torn_the_run_says_so_and_touches_neither(work, stopped):
    _, folder = stopped
    for name in ("checkpoint", "checkpoint-previous"):
        tear(folder / name / "state.npy", "cut")
    before = sorted(folder.glob("checkpoint*/*"))
    status = work(folder).status
    assert status.name == "failed" and status.reason.count("state.npy is damaged") == 2
    assert status.reason.endswith("to start this run over")
    assert sorted(folder.glob("checkpoint*/*")) == before
