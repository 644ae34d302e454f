"""What is written of a worker that ended before it could write anything itself."""

import os
import time
from pathlib import Path

import pytest

from ganbench import record
from ganbench.jobs import Counts, Run, TrainJob
from ganbench.runner import crash_record
from ganbench.system import child_process
from ganbench.training import checkpoint


@pytest.fixture
def write(tmp_path):
    run = Run(
        *("dcgan", "x:Y", "pytorch", "dcgan", "noise", {"batch": 8}, 0, "60s", 64),
        *(True, 0.0, ("a", "b"), 8, 4, 2, 2, "cpu", ""),
    )
    job = TrainJob(
        *(run, run.key, "s", tmp_path, "cpu", 1, False, 60.0, 0.5, tmp_path, tmp_path),
        *(Counts(8, 8), {}, {}, None, None),
    )

    def do(code=1, words="", silent=None, memory_was_short=False, seconds=0.0):
        ended = child_process.Ended(code, (), words, silent, seconds=seconds)
        crash_record.write(job, ended, memory_was_short)
        return record.read(tmp_path).status

    return do


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"code": -11, "words": "x\nFatal Python error: A\n\nFile y"}, "SIGSEGV: Fatal Python"),
        ({"code": -9}, "its process was killed by SIGKILL"),
        ({"code": 0}, "its process ended with code 0 and without a result"),
        ({"code": 7, "words": "a\nb"}, "ended with code 7 and without a result: b"),
        ({"code": -9, "silent": 612.3}, "gave no sign of life for 612 s and was ended"),
        ({"code": -9, "silent": 612.3, "memory_was_short": True}, "no sign of life"),
    ],
)  # fmt: skip
def test_its_end_is_told(write, how, reason):
    status = write(**how)
    assert status.name == "failed"
    assert reason in status.reason


def test_what_its_checkpoint_knows_is_kept(write, tmp_path):
    state = {"key": "k", "steps": 5, "seconds": 15.0, "in_step": 12.0, "wall_seconds": 20.0}
    state |= {"first_losses": {"G": 1.5}}
    checkpoint.save(tmp_path, lambda folder: None, state)
    status = write(code=-11)
    assert (status.step, status.progress) == (5, 0.25)
    run = record.read(tmp_path)
    assert run.first_losses == {"G": 1.5}
    assert run.used == record.Used(5, 15.0, 40, 0, 8, 0, 12.0, 20.0)


def test_what_it_took_is_counted(write, tmp_path):
    write(seconds=30.0)  # killed before it could save
    assert record.read(tmp_path).used.wall_seconds == 30.0
    checkpoint.save(tmp_path, lambda folder: None, {"key": "k", "wall_seconds": 100.0})
    place, *_ = checkpoint.find(tmp_path)
    for ago, since in ((20, 20.0), (500, 30.0)):  # saved by this process, and by one before it
        os.utime(place, (now := time.time() - ago, now))
        write(seconds=30.0)
        assert record.read(tmp_path).used.wall_seconds == pytest.approx(100.0 + since, abs=5)


def test_a_process_that_the_system_killed_for_memory_has_that_status_and_advice(write):
    status = write(code=-9, memory_was_short=True)
    assert status.name == "out_of_memory"
    assert "by the system for want of memory; how much would fit is not known" in status.reason


def test_what_kept_it_from_writing_a_record_is_its_reason():
    words = "cannot write record.json: No space left on device"
    ended = child_process.Ended(2, ({"kind": "error", "message": words, "hint": ""},), "")
    assert ended.how() == words


def test_the_end_of_what_it_wrote_is_kept(write, tmp_path):
    write(words="one\ntwo")
    assert (tmp_path / "error.txt").read_text() == "one\ntwo\n"


def test_killings_are_counted_where_the_system_counts_them(monkeypatch):
    text = "nr_free_pages 1\noom_kill 3\nother 2\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: text)
    assert crash_record.killings_for_memory() == 3
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "nothing\n")
    assert crash_record.killings_for_memory() is None
