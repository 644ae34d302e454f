"""Signals while a plan is carried out, and what must not end it."""

import os
import signal
import time

import pytest

from ganbench.cli.progress import Screen, Voice
from ganbench.runner import interrupts, suite_runner
from ganbench.system import child_process


@pytest.fixture(autouse=True)
def calm():
    yield
    child_process.calm()


def test_a_signal_only_leaves_word_and_the_handlers_of_before_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with interrupts.interruptible() as heard:
        assert not heard.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard.asked
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_was_ignored_stays_ignored(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.interruptible() as heard:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not heard.asked
    finally:
        signal.signal(signal.SIGHUP, before)


def test_when_time_is_up_that_is_the_reason(capsys):
    with interrupts.interruptible(0.05) as heard:
        limit = time.monotonic() + 5
        while not heard.asked and time.monotonic() < limit:
            time.sleep(0.01)
        heard.tell(Screen(Voice()))
        heard.tell(Screen(Voice()))
    assert capsys.readouterr().out.count("time is up: stopping after this step") == 1


def test_a_console_that_nobody_hears_falls_silent(tmp_path, monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        monkeypatch.setattr("sys.stdout", gone)
        voice = Voice(file=gone)
        voice.print("one")
        voice.print("two")
        assert voice.quiet


def test_a_judge_that_fails_between_two_runs_does_not_end_the_others(monkeypatch):
    said: list[str] = []

    def fail(*_):
        raise RuntimeError("the judge is ill")

    monkeypatch.setattr(suite_runner, "_conclude", fail)
    screen = Screen(Voice(quiet=True))
    screen.note = said.append
    suite_runner._conclude_early(None, None, screen, None)
    assert said == ["not judged yet: RuntimeError: the judge is ill"]
