import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from ganbench.cli import progress
from ganbench.runner.lines import MOST_KEPT
from ganbench.system import text

PLANNED = SimpleNamespace(
    run=SimpleNamespace(label="dcgan", seed=0, key="k"),
    status=SimpleNamespace(name="done", progress=1.0),
)
PROGRESS = {
    "kind": "progress",
    "step": 1200,
    "progress": 0.62,
    "pictures": 18010,
    "pictures_per_second": 4.1,
    "seconds_left": 2760.0,
    "losses": {"G": 1.25},
    "status": "training",
}


def printed(console):
    return console.file.getvalue()


@pytest.fixture
def plain():
    return Console(file=io.StringIO(), width=200, highlight=False)


def test_plain_lines_come_every_thirty_seconds(plain, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("ganbench.runner.lines.time.monotonic", lambda: now[0])
    shown = progress.make(plain, (PLANNED,))
    shown.started(PLANNED)
    for _ in range(100):
        now[0] += 1.0
        shown.message(PLANNED, PROGRESS)
    lines = printed(plain).splitlines()
    assert len(lines) == 1 + 3
    for words in ("dcgan seed 0", "62%", "step 1,200", "4.1/s", "46 min left", "G 1.250"):
        assert words in lines[1]


def test_an_event_is_a_line_at_once(plain):
    shown = progress.make(plain, (PLANNED,))
    shown.message(PLANNED, {"kind": "event", "event": "snapshot", "step": 30})
    shown.message(PLANNED, {"kind": "event", "event": "warning", "reason": "[bold] checkpoint"})
    assert "snapshot at step 30" in printed(plain)
    assert "[bold] checkpoint" in printed(plain)


def test_a_terminal_gets_one_row_a_run():
    console = Console(file=io.StringIO(), force_terminal=True, width=160, highlight=False)
    with progress.make(console, (PLANNED,)) as shown:
        shown.message(PLANNED, PROGRESS)
    for words in ("dcgan", "training", "62%", "1,200", "46 min", "G 1.250"):
        assert words in printed(console)


def test_where_a_run_is_stands_in_its_row_and_in_its_line_once_that_is_elsewhere(plain):
    console = Console(file=io.StringIO(), force_terminal=True, width=160, highlight=False)
    for each in (plain, console):
        with progress.make(each, (PLANNED,)) as shown:
            shown.started(PLANNED, "node[1]")
            shown.message(PLANNED, PROGRESS)
        assert "node[1]" in printed(each)
    assert "node" in printed(console) and "starts on node[1]" in printed(plain)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_collapse_is_said_at_once_and_stays_in_sight(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=160, highlight=False)
    told = {"kind": "event", "event": "warning", "about": "collapse", "step": 28, "reason": "one"}
    with progress.make(console, (PLANNED,)) as shown:
        shown.message(PLANNED, told)
        shown._spoken = float("-inf")
        shown.message(PLANNED, PROGRESS | {"status": "collapsed"})
    assert "warning: one" in printed(console)
    assert "collapsed" in printed(console)
    assert "training" not in printed(console)


def test_a_recovery_is_a_line(plain):
    shown = progress.make(plain, (PLANNED,))
    shown.message(PLANNED, {"kind": "event", "event": "recovered", "about": "collapse", "step": 40})
    assert "recovered at step 40" in printed(plain)


def test_a_failed_run_says_why_on_both(plain, a_record):
    failed = replace(a_record, status=replace(a_record.status, name="failed", reason="no paint"))
    terminal = Console(file=io.StringIO(), force_terminal=True, width=160, highlight=False)
    for console in (plain, terminal):
        with progress.make(console, (PLANNED,)) as shown:
            shown.ended(PLANNED, failed)
        assert "failed" in printed(console)
        assert "no paint" in printed(console)


@pytest.mark.parametrize(
    ("seconds", "words"), [(48, "48 s"), (720, "12 min"), (11100, "3 h 05 min")]
)
def test_seconds_are_said_as_people_do(seconds, words):
    assert text.duration(seconds) == words


def terminal(**size):
    """A terminal without colours."""
    plainly = {"force_terminal": True, "color_system": None, "highlight": False}
    return Console(file=io.StringIO(), width=160, **plainly, **size)


def planned(count):
    """So many runs, as much of each as is shown."""
    run = SimpleNamespace
    return tuple(
        run(run=run(label=f"m{place}", seed=place, key=f"{place:08x}"), status=PLANNED.status)
        for place in range(count)
    )


def test_of_ten_thousand_runs_those_at_work_have_a_row_and_the_others_are_counted(a_record):
    runs = planned(10_000)
    console = terminal(height=20)
    shown = progress.LiveScreen(console, runs)
    for each in runs[:3000]:
        shown.kept(each)
    for each in runs[3000:3100]:
        shown.started(each, "node")
    shown.ended(runs[3001], a_record)
    with console.capture() as said:
        failed = replace(
            a_record, status=replace(a_record.status, name="failed", reason="no paint")
        )
        shown.ended(runs[3002], failed)
    assert "m3002 seed 3002: warning: failed: no paint" in said.get()
    with console.capture() as said:
        console.print(shown._table())
    lines = said.get().splitlines()
    assert len(lines) < 20 and "m3000" in said.get() and "m3001" not in said.get()
    tally = "10,000 runs: 3,001 done, 1 failed, 98 at work, 6,900 waiting"
    assert tally in said.get()


def test_at_the_end_of_very_many_runs_no_row_is_left_but_the_count(a_record):
    runs = planned(progress.MOST_ROWS + 1)
    console = terminal(height=20)
    with progress.make(console, runs) as shown:
        for each in runs:
            shown.started(each)
            shown.ended(each, a_record)
    last = printed(console).rpartition("losses")[2]
    assert "41 runs: 41 done" in last and "m40" not in last


def test_of_very_many_runs_that_were_done_before_the_first_are_lines(plain):
    shown = progress.make(plain, PLANNED)
    for _ in range(10_000):
        shown.kept(PLANNED)
    lines = printed(plain).splitlines()
    assert len(lines) == MOST_KEPT + 1 and "and so on" in lines[-1]
