"""All runs of a folder, looked at from outside."""

import json
import shlex
import signal
import sys
import time
from dataclasses import replace

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.runner import run_list
from ganbench.system import files, locks

from .conftest import LIGHT, ended, light, started


def listed(results):
    return {run.label: run for run in run_list.find(results)[0]}


@pytest.mark.slow
def test_a_run_in_progress_is_seen_and_not_disturbed_and_then_what_continues_it_does(
    two_domains, tmp_path
):
    slow = "toy-gan:seconds=0.05"
    process = started(light(two_domains, tmp_path, "--models", slow, "--budget", "200step"))
    limit = time.monotonic() + 120
    while not list(tmp_path.glob("s/*/events.jsonl")) and time.monotonic() < limit:
        time.sleep(0.05)
        assert process.poll() is None, process.communicate()[0]
    for _ in range(20):
        assert listed(tmp_path)[slow].status == "training"
        assert listed(tmp_path)[slow].command == ""
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    assert code == 130, said
    stopped = listed(tmp_path)[slow]
    assert stopped.status == "interrupted" and 0 < stopped.progress < 1
    again = shlex.split(stopped.command)
    assert again[:2] == ["ganbench", "run"]
    # Another command, after which the suite's description does not name the run any more.
    ended(started(light(two_domains, tmp_path, "--models", "toy-gan", "--budget", "3step")))
    both = listed(tmp_path)
    assert both["toy-gan"].status == "done" and both["toy-gan"].command == ""
    assert (both["toy-gan"].current, both[slow].current) == (True, False)
    about = record.read_suite(tmp_path / "s")
    other = about["data"] | {"target": about["data"]["target"] | {"fingerprint": "0" * 32}}
    record.write_suite(tmp_path / "s", about | {"data": other})  # as with another limit
    assert listed(tmp_path)[slow].command == ""
    record.write_suite(tmp_path / "s", about)
    again = shlex.split(both[slow].command)
    assert again[-8:] == [
        *("--models", slow, "--seeds", "0", "--frameworks", "pytorch", "--budget", "200step")
    ]
    _, said = ended(started([sys.executable, str(LIGHT / "light_ganbench.py"), *again[1:]]))
    assert "resumed at step" in said, said
    assert listed(tmp_path)[slow].status == "done" and len(listed(tmp_path)) == 2


@pytest.fixture
def results(tmp_path, a_record):
    """One finished run in each of two suites."""
    for suite in ("a", "b"):
        folder = tmp_path / suite / "dcgan.pytorch-seed0-0123abcd"
        record.write(folder, replace(a_record, suite=suite))
        record.write_suite(tmp_path / suite, {"name": suite, "runs": [folder.name]})
    return tmp_path


def test_all_suites_one_suite_and_one_run(results):
    assert [run.suite for run in run_list.find(results)[0]] == ["a", "b"]
    assert [run.suite for run in run_list.find(results / "b")[0]] == ["b"]
    (run,) = run_list.find(results / "a" / "dcgan.pytorch-seed0-0123abcd")[0]
    assert (run.suite, run.status, run.primary.name) == ("a", "done", "FID")


def test_a_damaged_record_is_named_and_hides_nothing(results):
    path = results / "a" / "dcgan.pytorch-seed0-0123abcd" / "record.json"
    path.write_bytes(path.read_bytes()[:99])
    damaged, whole = run_list.find(results)[0]
    assert (damaged.status, whole.status) == ("damaged", "done")
    assert "record.json" in damaged.reason and damaged.key == "0123abcd"
    assert damaged.label == path.parent.name  # all that is known of it
    files.write_json(path.parent / "run.json", {"run": {"label": "known", "seed": 3, "size": "x"}})
    (damaged, _) = run_list.find(results)[0]
    assert (damaged.label, damaged.seed, damaged.size) == ("known", 3, None)
    (results / "b" / "suite.json").write_text("{")
    found, problems = run_list.find(results)
    assert len(found) == 2 and len(problems) == 1 and "suite.json" in problems[0]


@pytest.mark.parametrize("junk", ["", "[]", '{"run": 1}', '{"run": {"label": null}}', "{"])
def test_a_process_that_was_killed_leaves_a_run_that_can_go_on(tmp_path, junk):
    folder = tmp_path / "s" / "toy.pytorch-seed0-89abcdef"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(junk)
    (run,) = run_list.find(tmp_path)[0]
    assert (run.status, run.reason, run.command) == ("interrupted", run_list.WITHOUT, "")
    assert json.dumps(run.as_json(), allow_nan=False)


def test_how_far_it_came_is_read_from_its_log(tmp_path):
    folder = tmp_path / "s" / "toy.pytorch-seed0-89abcdef"
    files.write_json(folder / "run.json", {"run": {"label": "toy", "budget": "400step"}})
    rows = "".join(f"{step},{step / 9},{step * 4},9,9,1.5\n" for step in range(1, 301))
    (folder / "history.csv").write_text("step,seconds,pictures\n" + rows + "301,torn")
    assert run_list.find(tmp_path)[0][0].progress == 0.75
    with locks.claim(folder):
        (run,) = run_list.find(tmp_path)[0]
        assert (run.status, run.progress) == ("training", 0.75)


def test_a_number_that_is_none_is_null_for_other_programs(results, a_record):
    folder = results / "a" / "dcgan.pytorch-seed0-0123abcd"
    score = replace(a_record.scores["fid"], value=None)
    record.write(folder, replace(a_record, scores={"fid": score}))
    (run, _) = run_list.find(results)[0]
    assert run.as_json()["primary"]["value"] is None and run.as_json()["scores"] == {"fid": None}


def test_where_no_run_is_nothing_is_made(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.txt").write_text("")
    with pytest.raises(InputError, match="no runs in"):
        run_list.find(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt", "pictures"]
