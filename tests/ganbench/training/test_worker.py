"""Workers: resume equals no interruption, and every end has its record.

What a signal, a stream or another process can spoil is tested in real processes; the rest in this
one, which has torch already.
"""

import json
import signal
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ganbench import record
from ganbench.data import store
from ganbench.data.batches import TARGET, PictureStream
from ganbench.data.split import Split
from ganbench.errors import InputError
from ganbench.planning import plan
from ganbench.planning.suite import from_values
from ganbench.system import child_process, files
from ganbench.training import build, worker
from ganzoo.pytorch.gan import GAN
from ganzoo.pytorch.tape import Tape

RECIPE = Path(__file__).parents[3] / "benchmarks/recipes/collapse.toml"
RESNET = "cyclegan-resnet:width=4,d_width=4,blocks=1,batch=2,history=3"
PLUGIN = """
import numpy as np
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    batch: int = 2
    latent: int = 3

class Odd:
    framework = "pytorch"
    source = "noise"
    Settings = Settings
    def __init__(self, settings, task):
        self.size, self.steps = task.size, 0
    def step(self, source, target):
        self.steps += 1
        {misbehave}
        return {{"G": 1.0}}
    def generate(self, source):
        return np.zeros((len(source), self.size, self.size, 3), {dtype!r})
    def save(self, folder):
        folder.mkdir(exist_ok=True)
        (folder / "steps").write_text(str(self.steps))
    def load(self, folder):
        self.steps = int((folder / "steps").read_text())
"""

FAILING = """
import numpy as np
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    batch: int = 2
    latent: int = 3

class Failing:
    framework = "pytorch"
    source = "noise"
    Settings = Settings
    def __init__(self, settings, task):
        self.size, self.steps = task.size, 0
    def step(self, source, target):
        self.steps += 1
        steps = self.steps
        return {{"D": 0.5 + steps % 7, "G": {loss}}}
    def generate(self, source):
        steps = self.steps
        varied = np.random.default_rng(0).integers(0, 256, (len(source), self.size, self.size, 3))
        one = np.repeat(varied[:1], len(source), axis=0)
        black = np.zeros_like(varied)
        return ({draw}).astype(np.uint8)
    def save(self, folder):
        folder.mkdir(exist_ok=True)
        (folder / "steps").write_text(str(self.steps))
    def load(self, folder):
        self.steps = int((folder / "steps").read_text())
"""


@pytest.fixture
def make_job(two_domains, tmp_path, describe_here):
    def make(models, budget="12step", folder="results", plugin=None, **more):
        suite = from_values(
            {
                "models": [models],
                "data": str(two_domains),
                "size": 32,
                "budget": budget,
                "profile": "small",
                "device": "cpu",
                "threads": 1,  # beside another busy process two take tenfold
                "samples": 8,
                "curve_samples": 4,
                "plugins": [str(plugin)] if plugin else [],
                **more,
            },
            "test",
        )
        made = plan.make(suite, tmp_path / folder, lambda what, done, of: None)
        return made.job(made.runs[0])

    return make


@pytest.fixture
def odd(tmp_path, make_job):
    """Job of a plugin that does `misbehave` in its step."""

    def make(misbehave="pass", dtype="uint8", budget="12step"):
        file = tmp_path / "odd.py"
        file.write_text(PLUGIN.format(misbehave=misbehave, dtype=dtype))
        return make_job("odd", plugin=file, budget=budget)

    return make


@pytest.fixture
def failing(tmp_path, make_job):
    """Job of a plugin whose pictures and loss at `steps` are what the two expressions say."""

    def make(draw="varied", loss="1.0 / steps", budget="60step", folder="results", **more):
        file = tmp_path / "failing.py"
        file.write_text(FAILING.format(draw=draw, loss=loss))
        return make_job("failing", plugin=file, budget=budget, folder=folder, **more)

    return make


class Listener:
    """A parent that hears everything and goes away at `leave_at`."""

    def __init__(self, leave_at=None):
        self.leave_at, self.gone, self.heard = leave_at, False, []

    def send(self, kind, **content):
        self.heard.append({"kind": kind, **content})
        self.gone = self.gone or (kind == "progress" and content["step"] == self.leave_at)


@pytest.fixture
def work_here(monkeypatch):
    """Work a job off in this process, which saves the start of another; returns its record."""
    monkeypatch.setattr("ganbench.training.worker.signal.signal", lambda number, handler: None)
    threads = torch.get_num_threads()

    def work(job, leave_at=None):
        listener = Listener(leave_at)
        worker.work(replace(job, message_seconds=0.0), listener)
        return record.read(job.folder), listener.heard

    yield work
    torch.set_num_threads(threads)


def diary(job, kind):
    lines = (job.folder / "events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == kind]


def run(job, on_message=None):
    ended = child_process.run("ganbench.training.worker", job, on_message)
    path = job.folder
    return ended, record.read(path) if (path / "record.json").exists() else None


@pytest.mark.parametrize(
    ("model", "number"),
    [
        pytest.param(RESNET, signal.SIGKILL, marks=pytest.mark.slow),  # see kills/
        ("dcgan:width=4,batch=2,dropout=0.5,augment=color", signal.SIGINT),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one(make_job, work_here, model, number, bits):
    straight = make_job(model, budget="40step", folder="straight")
    assert work_here(straight)[0].status.name == "done"

    often = {"checkpoint_seconds": 0.0, "message_seconds": 0.0}
    broken = replace(make_job(model, budget="40step", folder="broken"), **often)

    def stop_at_five(message):
        if message.get("step", 0) >= 5 and message["kind"] == "progress":
            child_process.interrupt(number)

    ended, before = run(broken, stop_at_five)
    child_process.calm()
    if number == signal.SIGINT:
        assert before.status.name == "interrupted"
        assert 5 <= before.status.step < 40
    else:
        assert (ended.code, before) == (-signal.SIGKILL, None)
    _, after = run(broken)
    assert after.status.name == "done"
    assert after.used.steps == 40
    events = (broken.folder / "events.jsonl").read_text()
    assert "resumed" in events
    assert bits(broken.folder) == bits(straight.folder)


def test_a_record_tells_what_was_used_and_what_it_cost(make_job, work_here):
    made, _ = work_here(make_job(RESNET, budget="20img"))
    assert made.status == record.Status("done", 10, 1.0, "")
    assert (made.used.target_pictures, made.used.source_pictures) == (20, 20)
    assert (made.used.unique_targets, made.used.unique_sources) == (8, 12)
    assert 0 < made.used.seconds_in_step <= made.used.seconds < made.used.wall_seconds
    assert made.cost.parameters.keys() == {"G", "F", "D_X", "D_Y"}
    assert made.cost.flop_per_step > 0
    assert [m.progress for m in made.snapshots][-1] == 1.0
    assert made.film[0].step == 0
    assert made.film[-1].step == 10
    assert set(made.views) == {
        *("input", "output", "target", "back", "identity", "reverse", "reverse_back", "raw")
    }


def test_snapshots_and_film_hold_the_promised_numbers_of_pictures(make_job, work_here):
    job = make_job(RESNET, budget="20step", frames=5, snapshots=2)
    made, _ = work_here(job)
    folder = job.folder
    counts = [len(files.read_array(folder / m.file)) for m in made.snapshots]
    assert counts == [4, 8]
    assert [m.step for m in made.snapshots] == [10, 20]
    assert [m.step for m in made.film] == [0, 5, 10, 15, 20]
    assert files.read_array(folder / made.film[0].file).shape == (8, 32, 32, 3)


def test_a_loss_that_turns_nan_ends_as_diverged(odd, work_here):
    made, _ = work_here(odd("if self.steps == 5: return {'G': float('nan')}"))
    assert made.status.name == "diverged"
    assert "loss G became nan at step 5" in made.status.reason


def test_an_exception_ends_as_failed_with_its_words(odd, work_here):
    job = odd("if self.steps == 4: raise RuntimeError('the paint is dry')")
    made, _ = work_here(job)
    assert made.status.name == "failed"
    assert made.status.reason == "RuntimeError: the paint is dry (odd.py:18, in step)"
    assert "Traceback" in (job.folder / "error.txt").read_text()


def test_running_out_of_memory_has_its_own_status(odd, work_here):
    made, _ = work_here(odd("raise MemoryError('no room')"))
    assert made.status.name == "out_of_memory"


def test_pictures_of_the_wrong_type_break_the_contract(odd, work_here):
    made, _ = work_here(odd(dtype="float32"))
    assert made.status.name == "failed"
    assert "generate must return uint8 (8, 32, 32, 3), not float32" in made.status.reason


def test_a_budget_in_seconds_ends_on_time(odd, work_here):
    made, _ = work_here(odd("import time; time.sleep(0.02)", budget="1s"))
    assert made.status.name == "done"
    assert 1.0 <= made.used.seconds < 1.5


def test_what_a_model_prints_does_not_disturb_its_messages(odd):
    ended, made = run(odd("print('{not json')"))
    assert made.status.name == "done"
    assert "{not json" in ended.words


def test_a_damaged_checkpoint_is_one_sentence_and_nothing_is_lost(make_job, work_here):
    job = make_job(RESNET)
    work_here(job)
    folder = job.folder
    (folder / "record.json").unlink()
    state = folder / "checkpoint" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    made, _ = work_here(job)
    assert made.status.name == "failed"
    assert "state.safetensors is damaged" in made.status.reason
    assert f"remove {job.folder} to start this run over" in made.status.reason
    assert len(state.read_bytes()) == 1000


def test_what_was_written_last_is_in_the_diary(make_job, work_here):
    job = make_job(RESNET, budget="4step")
    work_here(job)
    lines = (job.folder / "events.jsonl").read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events[0] == "started"
    assert events[-1] == "status"
    assert events.count("snapshot") == 4


def test_a_collapsed_run_is_flagged_and_goes_on(failing, work_here):
    job = failing("one if steps >= 20 else varied")
    made, heard = work_here(job)
    assert (made.status.name, made.status.step, made.status.progress) == ("collapsed", 20, 1.0)
    assert "one picture for every input since step 20" in made.status.reason
    assert made.used.steps == 60
    assert [m.step for m in made.snapshots] == [15, 30, 45, 60]
    assert set(made.views) == {"output", "walk"}
    (warning,) = diary(job, "warning")
    assert (warning["about"], warning["step"]) == ("collapse", 28)
    assert "since step 20" in warning["reason"]
    said = {m["step"]: m["status"] for m in heard if m["kind"] == "progress"}
    assert (said[28], said[29]) == ("training", "collapsed")


def test_a_collapsed_run_stops_when_asked_and_goes_on_when_not_asked_any_more(
    failing, work_here, bits
):
    draw = "one if steps >= 20 else varied"
    straight = failing(draw, folder="straight")
    unstopped, _ = work_here(straight)
    job = failing(draw, folder="stopped", stop_collapsed=True)
    assert job.folder.name == straight.folder.name
    stopped, _ = work_here(job)
    assert (stopped.status.name, stopped.status.step) == ("collapsed", 20)
    assert stopped.status.reason.endswith("stopped at step 28")
    assert stopped.status.progress == pytest.approx(28 / 60)
    assert stopped.used.steps == 28
    assert [m.step for m in stopped.film] == [0, 4, 8, 12, 16, 20, 24, 28]
    assert [m.step for m in stopped.snapshots] == [15]
    again, _ = work_here(job)
    assert again.used.steps == 28
    goes_on, _ = work_here(replace(job, stop_collapsed=False))
    assert goes_on.status == unstopped.status
    assert bits(job.folder) == bits(straight.folder)


def test_a_run_that_recovers_is_done_and_its_diary_tells_both(failing, work_here):
    job = failing("one if 20 <= steps < 40 else varied")
    made, _ = work_here(job)
    assert made.status == record.Status("done", 60, 1.0, "")
    assert [event["step"] for event in diary(job, "warning")] == [28]
    assert [event["step"] for event in diary(job, "recovered")] == [40]


def test_a_model_that_never_draws_two_pictures_is_given_time_to_learn(failing, work_here):
    assert work_here(failing("one"))[0].status.name == "done"
    made, _ = work_here(failing("one", budget="400step"))
    assert (made.status.name, made.status.step) == ("collapsed", 300)


def test_black_pictures_end_as_diverged(failing, work_here):
    job = failing("black if steps >= 20 else varied")
    made, _ = work_here(job)
    assert (made.status.name, made.status.step) == ("diverged", 28)
    assert made.status.reason == "every picture it draws is one flat colour since step 20"
    assert made.film[-1].step == 28
    assert [m.step for m in made.snapshots] == [15]


def test_a_loss_that_explodes_ends_as_diverged(failing, work_here):
    made, _ = work_here(failing(loss="-1e7 * steps if steps >= 30 else 1.0 / steps"))
    assert (made.status.name, made.status.step) == ("diverged", 49)
    assert "loss G has exploded: its size is 4.9e+08 at step 49" in made.status.reason


def test_losses_that_never_change_end_as_diverged(odd, work_here):
    made, _ = work_here(odd(budget="200step"))
    assert (made.status.name, made.status.step) == ("diverged", 101)
    assert made.status.reason == "no loss has changed for 100 looks in a row: G stays at 1"


@pytest.mark.parametrize(
    ("draw", "loss", "leave_at"),
    [
        ("one if steps >= 20 else varied", "1.0 / steps", 22),
        ("one if steps >= 20 else varied", "1.0 / steps", 29),
        ("black if steps >= 20 else varied", "1.0 / steps", 27),
        ("varied", "1e7 if steps >= 30 else 1.0 / steps", 41),
    ],
)
def test_what_the_watch_has_seen_outlives_an_interruption(failing, work_here, draw, loss, leave_at):
    straight, _ = work_here(failing(draw, loss, folder="straight"))
    job = failing(draw, loss, folder="broken")
    first, _ = work_here(job, leave_at)
    assert (first.status.name, first.status.step) == ("interrupted", leave_at)
    second, _ = work_here(job)
    assert second.status.name in ("collapsed", "diverged")
    assert second.status == straight.status


def test_a_run_that_goes_on_under_other_conditions_says_so(failing, work_here):
    job = failing()
    work_here(job, leave_at=20)
    sealed = job.folder / "checkpoint/checkpoint.json"
    value = files.read_sealed(sealed)
    value["state"]["conditions"] |= {"threads": 7, "torch": "1.0"}
    files.write_sealed(sealed, value)
    made, _ = work_here(job)
    assert made.status.name == "done"
    (warning,) = diary(job, "warning")
    assert warning["about"] == "conditions"
    assert "threads 7 -> 1, torch 1.0 -> " in warning["reason"]


def test_a_run_that_goes_on_as_it_began_says_nothing(failing, work_here):
    job = failing()
    work_here(job, leave_at=20)
    work_here(job)
    assert diary(job, "warning") == []
    assert [event["step"] for event in diary(job, "resumed")] == [20]


def test_a_checkpoint_of_another_run_is_refused(failing, work_here):
    job = failing()
    work_here(job, leave_at=20)
    made, _ = work_here(replace(job, key="01234567"))
    assert made.status.name == "failed"
    assert f"is of another run ({job.key}) remove" in made.status.reason


class Stopping:
    """A parent that goes away in the middle of a drawing: at the `after`-th sign of life."""

    def __init__(self, after):
        self.after, self.signs, self.gone = after, 0, False

    def send(self, kind, **content):
        self.signs += kind == "alive"
        self.gone = self.gone or self.signs >= self.after


@pytest.mark.parametrize("after", [1, 2, 4, 7, 9, 12, 13])
def test_a_stop_in_the_middle_of_drawing_loses_nothing(failing, work_here, after, bits):
    straight = failing(folder="straight", samples=8)
    work_here(straight)
    job = failing(folder="broken", samples=8)
    worker.work(replace(job, message_seconds=0.0), Stopping(after))
    assert record.read(job.folder).status.name == "interrupted"
    assert work_here(job)[0].status.name == "done"
    assert bits(job.folder) == bits(straight.folder)


def test_a_damaged_record_is_made_again_from_the_checkpoint(failing, work_here, bits):
    job = failing()
    made, _ = work_here(job)
    before, path = bits(job.folder), job.folder / "record.json"
    path.write_bytes(path.read_bytes()[:-40])
    assert plan.status_of(path.parent) is None
    again, _ = work_here(job)
    assert (again.status, again.views, again.sha256) == (made.status, made.views, made.sha256)
    assert bits(job.folder) == before


def test_a_record_of_a_later_version_is_not_written_over(failing, work_here):
    job = failing()
    work_here(job)
    path = job.folder / "record.json"
    files.write_sealed(path, files.read_sealed(path) | {"format": 99})
    with pytest.raises(InputError, match="has format 99") as caught:
        plan.status_of(path.parent)
    assert caught.value.hint == f"update ganbench, or remove {path.parent}"


def test_what_is_held_out_is_drawn_from_and_never_trained_on(make_job, work_here):
    job = make_job(RESNET, held_out=0.5, judge_on="test", samples=2)
    source, target = (store.open_domain(f) for f in (job.source_folder, job.target_folder))
    split = Split(0.5, "test")
    assert job.counts.target == len(split.trained(target)) < len(target.names)
    (run, _), folder = work_here(job), job.folder
    given = files.read_array(folder / run.views["input"])
    held = source.pictures[split.judged(source)]
    assert all(any(np.array_equal(picture, other) for other in held) for picture in given)
    met = PictureStream(target.pictures, 0, TARGET, flip=False, places=split.trained(target)).batch(
        0, 3 * len(target.names)
    )
    shown = {picture.tobytes() for picture in met}
    assert shown == {picture.tobytes() for picture in target.pictures[split.trained(target)]}


def test_an_averaged_generator_also_shows_its_raw_weights(make_job, work_here):
    run, _ = work_here(job := make_job(f"{RESNET},ema=0.9"))
    raw, last = (
        files.read_array(job.folder / file) for file in (run.views["raw"], run.snapshots[-1].file)
    )
    assert raw.shape == last.shape and not np.array_equal(raw, last)
    assert "raw" not in work_here(make_job(f"{RESNET},ema=0", folder="other"))[0].views


@pytest.mark.slow
def test_the_recipe_that_collapsed_is_flagged_and_ours_is_not(make_job, work_here):
    suite = tomllib.loads(RECIPE.read_text())
    theirs, ours = (choice.get("settings", {}) for choice in suite["models"])
    assert theirs["learning_rate_d"] < theirs["learning_rate_g"] / 10 and not ours
    ended = {}
    for whose, settings in (("004", theirs), ("ours", ours)):
        choice = {"name": "dcgan", "settings": settings}
        budget = "900step" if whose == "004" else "500step"  # it collapses well before, and stops
        job = make_job(choice, budget=budget, folder=whose, data="scenes", size=32)
        ended[whose], _ = work_here(replace(job, stop_collapsed=True))
    assert ended["004"].status.name == "collapsed"
    assert "nearly one picture for every input" in ended["004"].status.reason
    assert ended["ours"].status.name == "done"


@pytest.fixture
def taped(monkeypatch):
    """Capture the steps of all trainers on a tape, as on a GPU; the trainers that were made."""
    plain, made = build.trainer, []

    def trainer(job, rank=0):
        made.append(plain(job, rank))
        if not job.eager:
            made[-1].capture(Tape(made[-1]))
        return made[-1]

    monkeypatch.setattr(build, "trainer", trainer)
    return made


def test_a_run_of_captured_steps_resumes_exactly(make_job, work_here, bits, taped):
    straight = make_job(RESNET, budget="24step", folder="straight")
    assert work_here(straight)[0].status.name == "done"
    broken = replace(make_job(RESNET, budget="24step", folder="broken"), checkpoint_seconds=0.0)
    assert work_here(broken, leave_at=9)[0].status.name == "interrupted"
    assert work_here(broken)[0].status.name == "done"
    assert bits(straight.folder) == bits(broken.folder)
    assert [trainer.graphs.recorder.recordings for trainer in taped] == [1, 1, 1]
    assert not any(trainer.graphs.refused for trainer in taped)


@pytest.mark.parametrize(
    ("launches", "eager", "warned"),
    [
        ("one graph a step", False, False),
        ("kernel by kernel: it cannot be captured: no", False, True),
        ("kernel by kernel: asked for", True, False),
    ],
)
def test_a_record_says_how_a_gpu_was_told_of_a_step(
    make_job, work_here, monkeypatch, launches, eager, warned
):
    monkeypatch.setattr(GAN, "launches", launches)
    job = make_job("dcgan:width=4,batch=2", budget="2step", eager=eager)
    made, _ = work_here(job)
    assert made.environment["launches"] == launches
    said = [event["reason"] for event in diary(job, "warning")]
    assert said == ([f"the GPU is told of a step {launches}"] if warned else [])


def test_a_kind_of_step_that_is_refused_late_is_in_the_record(make_job, work_here, monkeypatch):
    said = iter(["one graph a step", "kernel by kernel: late"])
    monkeypatch.setattr(GAN, "launches", property(lambda trainer: next(said)))
    job = make_job("dcgan:width=4,batch=2", budget="2step")
    made, _ = work_here(job)
    assert made.environment["launches"] == "kernel by kernel: late"
    assert len(diary(job, "warning")) == 1


def test_a_record_of_a_cpu_says_nothing_of_launches(make_job, work_here):
    made, _ = work_here(make_job("dcgan:width=4,batch=2", budget="2step"))
    assert "launches" not in made.environment


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("zz", "NameError: name 'zz' is not defined (failing.py:19, in step)"),
        ("1.0} and None or {1", "TypeError: step returned set, not a dict of named losses"),
    ],
)
def test_a_plugin_that_fails_is_told_with_the_line_of_its_file(failing, work_here, loss, said):
    made, _ = work_here(failing(loss=loss))
    assert made.status.name == "failed" and made.status.reason.startswith(said)
