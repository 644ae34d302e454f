"""What is written of a worker that ended before it could write anything itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from ganbench import record
from ganbench.runner import crash_record
from ganbench.system import child_process


class Plan:
    """What `bury` asks of a plan."""

    device = "cpu"

    def __init__(self, a_record):
        self.a_record = a_record

    def job(self, planned):
        about = self.a_record
        run = {
            **{"model": about.model, "label": about.label, "framework": about.framework},
            **{"source": about.source, "seed": 0, "size": 64, "budget": "60s"},
            **{"settings": about.settings | {"batch": 8}},
        }
        job = {"run": run, "key": about.key, "suite": "s", "data": {}, "memory": None}
        return job | {"parameters": {}, "flop_per_step": None}


class Planned:
    """A run in a folder."""

    def __init__(self, folder, a_record):
        self.folder = folder
        self.run = replace(a_record, settings={"batch": 8})


@pytest.fixture
def bury(tmp_path, a_record):
    def do(code=1, words="", silent=None, memory_was_short=False):
        ended = child_process.Ended(code, (), words, silent)
        crash_record.bury(Plan(a_record), Planned(tmp_path, a_record), ended, memory_was_short)
        return record.read(tmp_path).status

    return do


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"code": -11, "words": "x\nFatal Python error: A\n\nFile y"}, "SIGSEGV: Fatal Python"),
        ({"code": -9}, "its process was killed by SIGKILL"),
        ({"code": 0}, "its process ended with code 0 and without a record"),
        ({"code": 7, "words": "a\nb"}, "ended with code 7 and without a record: b"),
        ({"code": -9, "silent": 612.3}, "gave no sign of life for 612 s and was ended"),
        ({"code": -9, "silent": 612.3, "memory_was_short": True}, "no sign of life"),
    ],
)  # fmt: skip
def test_its_end_is_told(bury, how, reason):
    status = bury(**how)
    assert status.name == "failed"
    assert reason in status.reason


def test_a_process_that_the_system_killed_for_memory_has_that_status_and_advice(bury):
    status = bury(code=-9, memory_was_short=True)
    assert status.name == "out_of_memory"
    assert "by the system for want of memory; how much would fit is not known" in status.reason


def test_what_kept_it_from_writing_a_record_is_its_reason():
    words = "cannot write record.json: No space left on device"
    ended = child_process.Ended(2, ({"kind": "error", "message": words, "hint": ""},), "")
    assert crash_record.how(ended) == words


def test_the_end_of_what_it_wrote_is_kept(bury, tmp_path):
    bury(words="one\ntwo")
    assert (tmp_path / "error.txt").read_text() == "one\ntwo\n"


def test_killings_are_counted_where_the_system_counts_them(monkeypatch):
    text = "nr_free_pages 1\noom_kill 3\nother 2\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: text)
    assert crash_record.killings_for_memory() == 3
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "nothing\n")
    assert crash_record.killings_for_memory() is None
