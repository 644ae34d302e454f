"""Our own processes: messages, silence, floods, and what they start."""

import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from ganbench.errors import InputError
from ganbench.system import child_process

LIGHT = Path(__file__).parents[1] / "light"


@pytest.fixture
def child(monkeypatch):
    """Run a child that does `what`; returns how it ended and what it sent on the way."""
    monkeypatch.setenv("PYTHONPATH", str(LIGHT))

    def run(what, patience=60.0, **more):
        heard: list[dict[str, Any]] = []
        job = {"what": what, **more}
        return child_process.run("light_child", job, heard.append, None, patience), heard

    return run


def test_a_job_of_any_size_arrives_and_its_result_comes_back(child):
    given = "ü" * 2_000_000
    ended, _ = child("nothing", given=given)
    assert ended.result(dict)["given"] == given


def test_a_job_that_is_no_json_is_our_mistake_at_once(child):
    with pytest.raises(TypeError, match="not JSON serializable"):
        child("nothing", given=object())


def test_a_mistake_of_the_user_comes_back_as_one(child):
    with pytest.raises(InputError, match="no") as caught:
        child("mistake")[0].result(dict)
    assert caught.value.hint == "yes"


def test_lines_that_are_no_messages_are_passed_over(child):
    ended, heard = child("junk")
    assert (ended.code, heard) == (0, [])
    assert ended.result(dict)["given"] is None


@pytest.mark.parametrize("count", [20, pytest.param(2000, marks=pytest.mark.slow)])
def test_of_what_it_prints_only_the_end_is_kept(child, count):
    before = psutil.Process().memory_info().rss
    ended, _ = child("gigabytes", count=count, patience=300.0)
    assert (ended.code, ended.words[-6:]) == (0, " paint")
    assert len(ended.words) <= child_process.MOST_WORDS
    assert psutil.Process().memory_info().rss - before < 50 * 2**20


def test_a_silent_process_is_ended(child):
    ended, _ = child("silent", patience=1.0)
    assert ended.code == -9
    assert 1.0 < ended.silent < 10
    with pytest.raises(RuntimeError, match="code -9"):
        ended.result(dict)


def test_what_a_process_has_started_ends_with_it(child):
    ended, ((message),) = child("sleeper")
    assert ended.code == 0
    limit = time.monotonic() + 5
    while psutil.pid_exists(message["pid"]) and time.monotonic() < limit:
        if psutil.Process(message["pid"]).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    else:
        assert not psutil.pid_exists(message["pid"])


def test_a_child_imports_nothing_from_the_current_folder(child, tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported from the current folder')")
    monkeypatch.chdir(tmp_path)
    ended, _ = child("nothing")
    assert ended.result(dict)["path"] == [str(tmp_path), str(LIGHT)]


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes when it is told to."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def go(seconds):
        now[0] += seconds

    return go


def progress(step):
    return {"kind": "progress", "step": step}


def test_silence_is_over_after_the_patience(clock):
    silence = child_process.Silence(10)
    for _ in range(11):
        assert not silence.over
        clock(1.0)
        silence.tick()
    assert silence.over
    silence.heard({"kind": "alive"})
    assert not silence.over


def test_times_when_we_were_stopped_ourselves_do_not_count(clock):
    silence = child_process.Silence(10)
    clock(3600.0)
    silence.tick()
    assert silence.seconds == 1.0


def test_a_model_with_slow_steps_has_more_time(clock):
    silence = child_process.Silence(10)
    for step in range(0, 50, 5):
        silence.heard(progress(step))
        clock(10.0)  # 2 s a step
    silence.heard(progress(50))
    for _ in range(200):
        clock(1.0)
        silence.tick()
        assert not silence.over
    clock(1.0)
    silence.tick()
    assert silence.over
