"""A finished run and a larger budget: never from zero without a word, and nothing is lost."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console

from ganbench import record
from ganbench.cli.progress import Screen
from ganbench.errors import InputError
from ganbench.planning import plan
from ganbench.planning.suite import from_values
from ganbench.runner import extension, suite_runner
from ganbench.scoring.choose_extractors import Extractors
from ganbench.system import child_process, files
from ganbench.training import checkpoint, worker

TOY = Path(__file__).parents[1] / "light" / "toy_gan.py"
DCGAN = "dcgan:width=4,batch=2,latent=4"


class Listener:
    """A parent that hears of steps and goes away at `leave_at`."""

    def __init__(self, leave_at):
        self.leave_at, self.gone = leave_at, False

    def send(self, kind, **content):
        self.gone = self.gone or (kind == "progress" and content["step"] == self.leave_at)


@pytest.fixture
def plans():
    """What `bench` was about to do, each time."""
    return []


@pytest.fixture
def bench(plans, two_domains, tmp_path, describe_here, monkeypatch):
    """`ganbench run` in this process, less scores and page; returns the notes of its plan."""
    elsewhere, stop = child_process.run, {"at": None}

    def work(module, job, *rest):
        if module != "ganbench.training.worker":
            return elsewhere(module, job, *rest)
        worker.work(replace(job, message_seconds=0.0), Listener(stop["at"]))
        return child_process.Ended(0, (), "")

    monkeypatch.setattr(child_process, "run", work)
    monkeypatch.setattr("ganbench.training.worker.signal.signal", lambda number, handler: None)
    monkeypatch.setattr(suite_runner, "_conclude", lambda *_: None)
    threads = torch.get_num_threads()

    def run(budget, extend=False, model="toy-gan", leave_at=None, results="r", **more):
        stop["at"] = leave_at
        values = {"models": [model], "data": str(two_domains), "size": 32, "budget": budget}
        values |= {"profile": "official", "device": "cpu", "threads": 1, "samples": 8, "name": "s"}
        values |= {"curve_samples": 8, "frames": 5, "plugins": [str(TOY)]}
        suite = from_values(values | more, "test")
        made = plan.make(suite, tmp_path / results, lambda what, done, of: None)
        made, notes = extension.consider(made, extend)
        plans.append(made)
        blind, quiet = Extractors((), "nobody looks"), Screen(Console(quiet=True))
        suite_runner.execute(made, "x", blind, False, quiet)
        return notes

    yield run
    torch.set_num_threads(threads)


@pytest.fixture
def run_of(tmp_path):
    """The folder and the record of the one run of a budget, of a seed."""

    def find(budget, results="r", seed=0):
        paths = (tmp_path / results).glob(f"*/*-seed{seed}-*/record.json")
        found = [(path.parent, record.read(path.parent)) for path in paths]
        ((folder, read),) = [each for each in found if each[1].budget == budget]
        return folder, read

    return find


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_where_nothing_falls_an_extended_run_equals_one_in_one_go(bench, run_of, bits):
    bench("2step", model=DCGAN)
    first = content(run_of("2step")[0])
    bench("4step", extend=True, model=DCGAN)
    note, schedule = bench("8step", extend=True, model=DCGAN)
    bench("8step", model=DCGAN, results="straight")
    (extended, told), (straight, whole) = run_of("8step"), run_of("8step", "straight")
    assert bits(extended) == bits(straight)
    assert content(run_of("2step")[0]) == first
    assert [(each.budget, each.step) for each in told.extended] == [("2step", 2), ("4step", 4)]
    assert told.extended[0].seconds < told.extended[1].seconds < told.used.seconds
    assert (told.used.steps, told.first_losses) == (8, whole.first_losses)
    for moments in ("film", "snapshots"):
        stands = [[(m.step, m.progress, m.file) for m in getattr(run, moments)]
                  for run in (told, whole)]  # fmt: skip
        assert stands[0] == stands[1]
    assert f"goes on from {run_of('4step')[0].name}, which has used up 4step, until 8step" in note
    assert "extended: its settings let nothing fall" in schedule


def test_what_falls_with_the_budget_makes_another_training_and_the_plan_says_so(
    bench, run_of, bits
):
    falling = f"{DCGAN},decay_from=0.5"
    bench("4step", model=falling)
    _, schedule = bench("8step", extend=True, model=falling)
    bench("8step", model=falling, results="straight")
    (extended, _), (straight, _) = run_of("8step"), run_of("8step", "straight")
    assert "(decay_from=0.5) rises again" in schedule
    assert bits(extended)["history"][:4] == bits(straight)["history"][:4]
    assert bits(extended) != bits(straight)


def test_without_the_option_it_is_trained_anew_and_that_is_said(bench, run_of):
    bench("4step")
    note, schedule = bench("8step")
    folder, run = run_of("8step")
    assert note.startswith(f"toy-gan seed 0 is trained anew beside {run_of('4step')[0].name},")
    assert "has used up 4step; --extend would continue that one" in note
    assert schedule.startswith("toy-gan, extended: whatever it schedules")
    assert run.extended == () and "extended" not in (folder / "events.jsonl").read_text()


@pytest.mark.parametrize("again", [True, False])
def test_an_interrupted_extension_goes_on_with_and_without_the_option(bench, run_of, again, bits):
    bench("4step")
    bench("8step", extend=True, leave_at=6)
    assert run_of("8step")[1].status == record.Status("interrupted", 6, 0.75)
    notes = bench("8step", extend=again)
    assert notes == [
        "toy-gan seed 0 was extended from 4step at step 4; --force trains it in one go"
    ]
    bench("8step", results="straight")
    assert bits(run_of("8step")[0]) == bits(run_of("8step", "straight")[0])
    assert [each.step for each in run_of("8step")[1].extended] == [4]


@pytest.mark.parametrize("full_at", ["history.csv", "state.npy"])
def test_a_copy_cut_short_leaves_nothing_behind(bench, run_of, tmp_path, monkeypatch, full_at):
    bench("4step")
    before, copy = content(run_of("4step")[0]), files.copy

    def cut(path, to):
        if to.name == full_at:
            raise files.WriteError(to, OSError(28, "no space left"))
        copy(path, to)

    monkeypatch.setattr(files, "copy", cut)
    with pytest.raises(InputError, match="no space left"):
        bench("8step", extend=True)
    assert len(list((tmp_path / "r/s").glob("*toy-gan*"))) == 1
    monkeypatch.setattr(files, "copy", copy)
    bench("8step", extend=True)
    assert content(run_of("4step")[0]) == before
    assert [each.step for each in run_of("8step")[1].extended] == [4]


@pytest.mark.parametrize(
    ("budget", "words"),
    [("3step", "has used 4step, and only a larger budget"), ("900s", "of the same unit")],
)
def test_a_smaller_budget_and_another_unit_are_refused(bench, run_of, budget, words):
    bench("4step")
    with pytest.raises(InputError, match=words) as caught:
        bench(budget, extend=True)
    assert "leave --extend out" in caught.value.hint


def test_what_is_planned_is_what_is_left(bench, plans):
    bench("4step")
    bench("8step", extend=True, leave_at=6)
    bench("8step", seeds=[0, 1])
    bench("8step")
    left = [[planned.left for planned in made.runs] for made in plans]
    assert left == [[1.0], [0.5], [0.25, 1.0], [0.0]]


def test_seconds_and_pictures_are_extended_too(bench, run_of):
    bench("6img")
    bench("12img", extend=True)
    assert run_of("12img")[1].used.target_pictures == 12
    bench("0.05s")
    bench("0.1s", extend=True)
    run = run_of("0.1s")[1]
    assert 0.05 <= run.extended[0].seconds < 0.1 <= run.used.seconds
    assert (run.film[0].step, run.film[-1].progress) == (0, 1.0)


def test_of_several_the_largest_is_continued_and_one_of_another_suite_will_do(bench, run_of):
    bench("2step")
    bench("4step", name="other")
    bench("8step", extend=True)
    assert [each.budget for each in run_of("8step")[1].extended] == ["4step"]


def test_a_seed_that_has_no_finished_run_starts_from_zero_with_a_word(bench, run_of):
    bench("4step")
    notes = bench("8step", extend=True, seeds=[0, 1])
    assert [run_of("8step", seed=seed)[1].extended != () for seed in (0, 1)] == [True, False]
    assert notes[1].startswith("toy-gan seed 1 starts from zero: there is no finished run of toy")


def test_what_differs_in_more_or_is_not_finished_is_not_continued(bench):
    bench("4step", model="toy-gan:batch=1")
    bench("6step", leave_at=3)
    assert bench("8step", leave_at=1) == []
    with pytest.raises(InputError, match="nothing can be extended: there is no finished run"):
        bench("9step", extend=True)


@pytest.mark.parametrize(("ending", "continued"), [("collapsed", True), ("diverged", False)])
def test_what_used_its_whole_budget_is_continued_and_what_gave_up_is_not(
    bench, run_of, ending, continued
):
    bench("4step")
    folder, run = run_of("4step")
    record.write(folder, replace(run, status=record.Status(ending, 3, 1.0)))
    assert bool(bench("8step", extend=continued)) == continued
    assert bool(run_of("8step")[1].extended) == continued


def lose(folder):
    files.remove(folder / "checkpoint")


def damage(folder):
    (folder / "checkpoint/state.npy").write_bytes(b"torn")


def exchange(folder):
    place, state, _ = checkpoint.find(folder)
    checkpoint.copy(place, folder, state | {"key": "0" * 8})
    checkpoint.remove_previous(folder)


@pytest.mark.parametrize(
    ("harm", "words"),
    [(lose, "is not there any more"), (damage, "is damaged"), (exchange, "is of another run")],
)
def test_without_a_sound_checkpoint_it_cannot_be_extended_and_that_is_said(
    bench, run_of, harm, words
):
    bench("4step")
    harm(run_of("4step")[0])
    with pytest.raises(InputError, match=f"cannot be extended, .*{words}"):
        bench("8step", extend=True)
    (note,) = bench("8step")
    assert note.startswith("toy-gan seed 0 starts from zero: ") and words in note


def test_a_frame_that_is_lost_costs_no_more_than_that(bench, run_of):
    bench("4step")
    (run_of("4step")[0] / "film/step-00000002.npy").unlink()
    bench("8step", extend=True)
    folder, run = run_of("8step")
    assert run.status.name == "done"
    events = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    reasons = [event["reason"] for event in events if event["event"] == "warning"]
    assert reasons == ["film/step-00000002.npy is damaged: it is not what this run wrote"]


def test_a_crash_after_an_extension_still_tells_of_it(bench, run_of, monkeypatch):
    bench("4step")
    monkeypatch.setattr(worker, "work", lambda job, listener: None)
    bench("8step", extend=True)
    run = run_of("8step")[1]
    assert run.status.name == "failed"
    assert [each.step for each in run.extended] == [4]


def test_where_the_pictures_have_changed_since_that_is_the_reason(bench, two_domains, tmp_path):
    mine = shutil.copytree(two_domains, tmp_path / "mine")
    bench("4step", data=str(mine))
    next(mine.rglob("*.png")).unlink()
    (note,) = bench("8step", data=str(mine))
    assert note.startswith("toy-gan seed 0 starts from zero: toy-gan.pytorch-seed0-")
    assert note.endswith(" learned from other pictures than are there now")


def test_a_damaged_record_of_another_budget_hinders_nobody(bench, run_of, tmp_path):
    bench("2step")
    bench("4step")
    path = run_of("4step")[0] / "record.json"
    path.write_bytes(path.read_bytes()[:50])
    assert bench("8step", extend=True)[0].startswith("toy-gan seed 0 goes on from ")
    records = [record.read(path.parent) for path in (tmp_path / "r/s").glob("*/record.json")
               if path.stat().st_size > 50]  # fmt: skip
    extended = [run.extended for run in records if run.budget == "8step"]
    assert [[each.budget for each in found] for found in extended] == [["2step"]]


def test_a_damaged_record_alone_is_no_run_of_other_pictures(bench, run_of):
    bench("4step")
    path = run_of("4step")[0] / "record.json"
    path.write_bytes(path.read_bytes()[:50])
    assert bench("8step") == []
