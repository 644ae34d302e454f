import os
from dataclasses import replace

import pytest

from ganbench import record
from ganbench.record import Cost
from ganbench.trackers import events, numbers
from ganbench.trackers.events import Tally

BEGAN = 1795953600.0  # as the fixture's diary says: 2026-11-29T12:00:00+00:00


def tracked(results, suite="s", tally=None):
    return events.tracked(record.read_results(results, suite).runs, tally or Tally())


def test_losses_and_scores_come_by_step(results):
    tally = Tally()
    run, _ = tracked(results, tally=tally)
    found = list(run.numbers())
    assert [(one.step, sorted(one.values)[0]) for one in found] == [
        (1, "loss/D"), (5, "loss/D"), (5, "score/fid"), (10, "loss/D"), (10, "score/fid"),
    ]  # fmt: skip
    assert found[2] == numbers.Numbers(5, 2.5, 80, {"score/fid": 20.0})
    assert (tally.numbers, tally.problems) == (14, [])


def test_the_end_has_scores_that_there_are_and_costs_that_were_measured(made):
    cost = Cost(32.0, 1200, "process", {"G": 3, "D": 4}, None, 1.5)
    run, *_ = tracked(made({"cost": cost}))
    assert run.final().values == {
        "final/fid": 12.5,  # and no MiFID, which could not be had
        "cost/steps": 10, "cost/seconds": 5.0, "cost/target_pictures": 160,
        "cost/source_pictures": 0, "cost/unique_targets": 0, "cost/unique_sources": 0,
        "cost/seconds_in_step": 0.0, "cost/wall_seconds": 9.0, "cost/pictures_per_second": 32.0,
        "cost/peak_memory_bytes": 1200, "cost/parameters": 7, "cost/start_seconds": 1.5,
    }  # fmt: skip


def test_settings_are_flat_and_of_one_line(made):
    run, *_ = tracked(made({"settings": {"width": 32, "augment": ["a", "b"], "n/a": "x\ny\x1b"}}))
    settings = run.settings()
    assert settings["settings.width"] == 32 and settings["settings.augment"] == '["a", "b"]'
    assert settings["settings.n_a"] == "x_y_"
    assert (settings["model"], settings["seed"], settings["status"]) == ("dcgan", 0, "done")


def test_what_names_the_machine_is_not_told(made):
    environment = {"cpu": "EPYC", "threads": 2, "hostname": "secret", "cwd": "/home/secret"}
    run, *_ = tracked(made({"environment": environment}))
    told = run.settings()
    assert told["environment.cpu"] == "EPYC" and "secret" not in str(told)


def test_a_run_begins_when_its_diary_says(results):
    assert {run.began for run in tracked(results)} == {BEGAN}


@pytest.mark.parametrize("diary", ["", "x", "[1]", '{"time": 3}', '{"time": "0001-01-01"}'])
def test_without_a_diary_it_began_before_its_record_was_written(results, diary):
    folder = record.read_results(results).runs[0][0]
    (folder / "events.jsonl").write_text(diary)
    os.utime(folder / "record.json", (2000.0, 2000.0))
    assert tracked(results)[0].began == 2000.0 - 9.0


def test_a_label_that_climbs_is_a_name_of_one_folder(made):
    label = "../../dcgan:\x1b[2Jx"
    first, second = tracked(made({"label": label}, {"label": label, "seed": 1}))
    assert first.name == "_.._dcgan_2Jx.pytorch-seed0-0123abc0"
    assert second.name == "_.._dcgan_2Jx.pytorch-seed1-0123abc1"
    assert "\x1b" not in first.title + str(first.settings())


def test_a_run_that_is_listed_twice_is_told_once(results):
    runs = record.read_results(results).runs
    assert len(events.tracked([*runs, *runs], Tally())) == 2


def test_a_run_without_its_log_still_has_scores(results):
    tally = Tally()
    run, _ = tracked(results, tally=tally)
    (run.folder / "history.csv").unlink()
    assert [one.values for one in run.numbers()] == [{"score/fid": 20.0}, {"score/fid": 10.0}]
    assert "history.csv is not there" in tally.problems[0]


@pytest.mark.parametrize("step", [-1, 10**19])
def test_a_point_at_a_step_that_cannot_be_meant_is_left_out(made, a_record, step):
    run, *_ = tracked(made({"curve": (replace(a_record.curve[0], step=step),)}))
    assert not any("score/fid" in one.values for one in run.numbers())


def test_curves_are_drawn_against_pictures_too():
    assert numbers.by_pictures("loss/G") == "loss_by_pictures/G"
    assert numbers.by_pictures("final/fid") is numbers.by_pictures("memory/bytes") is None
