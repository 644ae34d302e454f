"""Unfinished runs that a changed command would leave lying are named with what has changed."""

from dataclasses import asdict, replace

import pytest

from ganbench import record
from ganbench.jobs import Run
from ganbench.planning.plan import Planned
from ganbench.runner import stale_runs
from ganbench.system import files

RUN = Run(
    *("dcgan", "a:B", "pytorch", "dcgan", "noise", {"batch": 4, "augment": ["color"]}, 0, "60step"),
    *(32, True, 0.0, ("s", "t"), 8, 4, 4, 16, "cpu", "c0de"),
)


class Plan:
    """What `warnings` reads of a plan."""

    def __init__(self, folder, run):
        self.folder, self.whole = folder, None
        self.runs = (Planned(run, folder / run.folder, {}, None, status=None),)


@pytest.fixture
def begun(tmp_path, a_record):
    """A run of RUN's model and seed that came half way."""

    def leave(run, status="interrupted"):
        folder = tmp_path / run.folder
        files.write_json(folder / "run.json", {"run": asdict(run)})
        record.write(folder, replace(a_record, status=record.Status(status, 30, 0.5)))
        return folder

    return leave


def test_a_changed_command_beside_an_unfinished_run_lists_what_changed(tmp_path, begun):
    old = replace(RUN, budget="90step", settings={**RUN.settings, "batch": 2}, data=("s", "old"))
    folder = begun(old)
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == [
        f"dcgan seed 0 starts anew beside the unfinished {folder.name}:"
        " budget was 90step and is 60step, the pictures changed, batch was 2 and is 4"
    ]


@pytest.mark.parametrize("status", ["done", "diverged", "failed"])
def test_a_run_that_has_ended_is_not_spoken_of(tmp_path, begun, status):
    begun(replace(RUN, budget="90step"), status)
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == []


def test_what_other_code_has_finished_is_trained_anew_with_a_word(tmp_path, begun):
    folder = begun(replace(RUN, code="01d"), "done")
    said = (
        f"dcgan seed 0 is trained anew, not taken from {folder.name}: the model's code has changed"
    )
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == [said]
    begun(replace(RUN, code="01d"), "failed")
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == []
    begun(replace(RUN, code="01d", budget="90step"), "done")
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"samples": 6}, "samples was 6 and is 8"),
        ({"frames": 4, "snapshots": 2}, "snapshots was 2 and is 4, frames was 4 and is 16"),
        ({"held_out": 0.3, "judge_on": "validation"}, "held_out was 0.3 and is 0.0, judge_on was"),
    ],
)
def test_what_nobody_expects_to_need_another_training_is_said(tmp_path, begun, changed, said):
    begun(replace(RUN, **changed), "done")
    (found,) = stale_runs.warnings(Plan(tmp_path, RUN))
    assert "is trained anew, not taken from dcgan.pytorch-seed0-" in found and said in found
    begun(replace(RUN, **changed, settings={"batch": 2}), "done")
    assert len(stale_runs.warnings(Plan(tmp_path, RUN))) == 1  # of that a person knows


def test_finished_runs_that_leave_the_page_are_named(tmp_path, begun):
    other = replace(RUN, model="cyclegan-unet", label="cyclegan-unet")
    shown = [begun(one, "done").name for one in (replace(RUN, seed=1), other)]
    shown += [begun(replace(other, seed=1), "failed").name]
    shown += [begun(replace(RUN, seed=2, budget="90step"), "done").name, "gone-0badcafe", "../x"]
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == []  # none of them is on a page
    record.write_suite(tmp_path, {"runs": shown})
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == [
        "2 finished runs not named here leave the page (dcgan.pytorch-seed1,"
        " cyclegan-unet.pytorch-seed0); to keep all, name all of them"
    ]
    assert len(stale_runs.warnings(Plan(tmp_path, replace(RUN, budget="90step")))) == 1
    part = Plan(tmp_path, RUN)
    part.whole = Plan(tmp_path, replace(RUN, seed=1))  # of which another shard has the others
    assert (
        "1 finished run that is not named here leaves the page (cyclegan-unet"
        in (stale_runs.warnings(part)[0])
    )


def test_a_run_of_another_seed_or_framework_is_not_spoken_of(tmp_path, begun):
    begun(replace(RUN, seed=1))
    begun(replace(RUN, framework="tensorflow"))
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == []


def test_a_run_that_goes_on_is_not_spoken_of(tmp_path, begun):
    begun(RUN)
    begun(replace(RUN, budget="90step"))
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 5}', '{"run": {"settings": 3}}'])
def test_what_is_no_job_is_passed_over(tmp_path, begun, text):
    (begun(replace(RUN, budget="90step")) / "run.json").write_text(text)
    assert stale_runs.warnings(Plan(tmp_path, RUN)) == []


def test_a_value_from_a_file_is_printable_and_short(tmp_path, begun):
    begun(replace(RUN, budget="\x1b[2J" + "9" * 1000))
    (warning,) = stale_runs.warnings(Plan(tmp_path, RUN))
    assert "\x1b" not in warning
    assert len(warning) < 250
