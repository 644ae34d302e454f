import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ganbench import record
from ganbench.errors import InputError
from ganbench.jobs import Inspected, ModelFacts
from ganbench.planning import plan
from ganbench.planning.plan import Planned
from ganbench.planning.suite import Choice, Suite
from ganbench.record import Status
from ganbench.system import child_process, files
from ganzoo import registry


@pytest.fixture
def pets(tmp_path):
    """Two folders whose names say nothing of photographs."""
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for index in range(2):
            Image.new("RGB", (16, 16), (index, 0, 0)).save(tmp_path / f"pets/{name}/{index}.png")
    return tmp_path / "pets"


@pytest.fixture
def no_process(monkeypatch):
    """No framework is started."""

    def run(*_):
        raise AssertionError("a process was started")

    monkeypatch.setattr(child_process, "run", run)


def refused(tmp_path, **chosen) -> InputError:
    with pytest.raises(InputError) as caught:
        plan.make(Suite(size=16, **chosen), tmp_path / "results", lambda *_: None)
    return caught.value


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"data": "nowhere"}, "there is no nowhere"),
        ({"data": ""}, "path of the pictures is empty"),
        ({"source": "scenes", "target": "nowhere"}, "there is no nowhere"),
        ({"data": "gs://bucket/pictures"}, "is an address"),
        ({"source": "scenes"}, "--source is given without --target"),
        ({"data": "scenes", "target": "scenes"}, "--data names both sides"),
    ],
)
def test_pictures_that_are_not_there_are_refused_before_a_framework_is_started(
    tmp_path, monkeypatch, no_process, named, sentence
):
    monkeypatch.chdir(tmp_path)
    assert sentence in str(refused(tmp_path, **named))


def test_a_mistyped_path_is_refused_without_torch(tmp_path):
    code = (
        "import sys\nfrom ganbench.planning import plan, suite\n"
        "try: plan.make(suite.Suite(data='nowhere'), None, None)\n"
        "except Exception as error: print(error, *{'torch', 'tensorflow'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "there is no nowhere\n"


@pytest.mark.parametrize("named", ["data", "target"])
def test_one_set_and_a_translator_beside_models_from_noise_says_what_to_type(
    tmp_path, no_process, pets, named
):
    error = refused(tmp_path, models=("dcgan", "cyclegan"), **{named: str(pets / "cats")})
    assert "one set of pictures" in str(error) or "--target is given without" in str(error)
    assert error.hint.endswith("; from one set: --models dcgan")
    error = refused(tmp_path, models=("cyclegan",), **{named: str(pets / "cats")})
    assert "from one set" not in error.hint


@pytest.mark.parametrize("source", ["noise", "pictures"])
def test_an_installed_plugin_is_asked_what_it_starts_from(tmp_path, monkeypatch, pets, source):
    unknown = registry.Model("theirs", "theirs:Theirs", origin="a package")
    facts = ModelFacts(source, {"batch": 1}, {}, None, None, "code")
    ended = child_process.Ended(
        0, ({"kind": "result", "value": child_process.plain(Inspected("cpu", (facts,)))},), ""
    )
    monkeypatch.setattr(registry, "models", lambda *_: (unknown,))
    monkeypatch.setattr(child_process, "run", lambda *_: ended)
    suite = Suite(models=("theirs",), size=16, data=str(pets))
    made = plan.make(suite, tmp_path / "results", lambda *_: None)
    (run,) = made.runs
    if source == "noise":
        assert made.pair.source is None and made.data.keys() >= {"target"}
        assert len(made.pair.target.names) == 4 and run.run.data[0] == ""
        job = made.job(run)
        assert (job.source_folder, job.counts.source) == (None, 0)
    else:
        assert [len(side.names) for side in made.pair.domains] == [2, 2]


def test_the_pictures_give_the_results_their_name(tmp_path, monkeypatch):
    assert plan.title(Suite(target="holiday/dogs.zip")) == "dogs"
    assert plan.title(Suite(data="holiday/pets.zip")) == "pets"
    assert plan.title(Suite(source="holiday/cats", target="dogs")) == "cats to dogs"
    assert plan.title(Suite()) == "scenes"
    (tmp_path / "pics-1.0").mkdir()
    monkeypatch.chdir(tmp_path / "pics-1.0")
    assert plan.title(Suite(data=".")) == plan.title(Suite(target=str(tmp_path / "pics-1.0")))
    assert plan.title(Suite(source=".", target="..")) == f"pics-1.0 to {tmp_path.name}"


@pytest.mark.parametrize(
    ("status", "stop_collapsed", "finished"),
    [
        (None, False, False),
        (Status("done", 10, 1.0), False, True),
        (Status("diverged", 4, 0.4), False, True),
        (Status("interrupted", 4, 0.4), False, False),
        (Status("collapsed", 2, 1.0), False, True),
        (Status("collapsed", 2, 1.0), True, True),
        (Status("collapsed", 2, 0.4), True, True),
        (Status("collapsed", 2, 0.4), False, False),  # stopped, and now wanted to go on
    ],
)
def test_what_has_ended_as_it_should_is_finished(status, stop_collapsed, finished):
    assert Planned(None, Path(), {}, None, status, stop_collapsed).finished is finished


def test_a_model_with_averaged_weights_needs_room_for_the_pictures_of_both(
    tmp_path, monkeypatch, pets
):
    def inspected(_, job):
        facts = (ModelFacts("noise", {"batch": 1, **s}, {}, None, None, "") for _, s in job.models)
        value = child_process.plain(Inspected("cpu", tuple(facts)))
        return child_process.Ended(0, ({"kind": "result", "value": value},), "")

    def needed(*models):
        asked = Suite(models=models, size=16, data=str(pets), samples=100, snapshots=1, frames=2)
        return plan.disk_bytes(plan.make(asked, tmp_path / "results", lambda *_: None))

    monkeypatch.setattr(child_process, "run", inspected)
    assert needed("dcgan") == (100 + 16 * 2) * 16**2 * 3
    assert needed("dcgan:ema=0.9") == (2 * 100 + 16 * 2) * 16**2 * 3


def test_the_start_of_a_framework_is_shown_as_going_on(tmp_path, monkeypatch, pets):
    ticks: list[tuple[str, int, int]] = []

    def started(*_):
        assert ticks == [("models in pytorch", 0, 1)]
        facts = ModelFacts("noise", {"batch": 1}, {}, None, None, "code")
        value = child_process.plain(Inspected("cpu", (facts,)))
        return child_process.Ended(0, ({"kind": "result", "value": value},), "")

    monkeypatch.setattr(child_process, "run", started)
    suite = Suite(models=("dcgan",), size=16, data=str(pets))
    plan.make(suite, tmp_path / "results", lambda *tick: ticks.append(tick))
    assert ticks[1] == ("models in pytorch", 1, 1)


@pytest.fixture
def planned(tmp_path, pets):
    """Plan a suite of two kittens a side whose models nobody builds."""

    def inspect(job):
        facts = (
            ModelFacts(
                "noise" if model.name == "dcgan" else "pictures",
                {"batch": 1, "ranks": job.ranks} | changes,
                {"G": 10, "D": 5},
                7,
                None,
                "code",
            )
            for model, changes in job.models
        )
        return Inspected("cpu", tuple(facts))

    def make(models=("dcgan",), how=(), **more):
        asked = Suite(models=models, **{"size": 16, "data": str(pets), "budget": "8step"} | more)
        how = {"inspect": inspect, **dict(how)}
        return plan.make(asked, tmp_path / "results", lambda *_: None, **how)

    return make


def leave(a_record, planned, **changes):
    """What an earlier command would have left of a run."""
    planned.folder.mkdir(parents=True)
    record.write(planned.folder, replace(a_record, key=planned.run.key, **changes))


@pytest.mark.parametrize(
    ("status", "head_start", "left"),
    [
        (None, 0.0, 1.0),
        (None, 0.25, 0.75),
        (Status("interrupted", 4, 0.5), 0.25, 0.5),
        (Status("failed", 1, 0.125), 0.25, 0.75),
        (Status("diverged", 4, 0.5), 0.0, 0.0),
    ],
)
def test_what_is_left_of_a_run_is_what_neither_it_nor_the_one_it_continues_has_used(
    status, head_start, left
):
    assert Planned(None, Path(), {}, None, status, head_start=head_start).left == left


def test_models_and_seeds_are_crossed_and_each_has_its_own_facts(planned):
    made = planned(("dcgan:width=8", "cyclegan"), seeds=(3, 5))
    assert [(p.run.label, p.run.seed, p.run.source, p.run.settings.get("width"))
            for p in made.runs] == [
        ("dcgan:width=8", 3, "noise", "8"), ("dcgan:width=8", 5, "noise", "8"),
        ("cyclegan-unet", 3, "pictures", None), ("cyclegan-unet", 5, "pictures", None),
        ("cyclegan-resnet", 3, "pictures", None), ("cyclegan-resnet", 5, "pictures", None),
    ]  # fmt: skip
    assert {p.folder.parent for p in made.runs} == {made.folder}
    assert len({p.run.key for p in made.runs}) == 6


def test_each_framework_is_asked_for_its_own_models_and_both_have_as_many_threads(planned):
    made = planned(("dcgan", "cyclegan-unet"), frameworks=("pytorch", "tensorflow"))
    found = [(p.run.model, p.run.framework, p.run.source) for p in made.runs]
    assert sorted(found) == [
        ("cyclegan-unet", "pytorch", "pictures"), ("cyclegan-unet", "tensorflow", "pictures"),
        ("dcgan", "pytorch", "noise"), ("dcgan", "tensorflow", "noise"),
    ]  # fmt: skip
    assert made.suite.threads >= 1
    both = {"frameworks": ("pytorch", "tensorflow")}
    assert planned(**both, threads=3).suite.threads == 3
    assert planned().suite.threads is None


def test_what_is_asked_for_twice_is_run_once_and_two_models_need_two_labels(planned):
    assert len(planned(("cyclegan", "cyclegan-unet")).runs) == 2
    two = (Choice("dcgan", {"width": 8}, "mine"), Choice("dcgan", {"width": 16}, "mine"))
    with pytest.raises(InputError, match='two different models are called "mine"'):
        planned(two)
    two = (Choice("cyclegan-unet", {}, "mine"), Choice("cyclegan-resnet", {}, "mine"))
    with pytest.raises(InputError, match='two different models are called "mine"'):
        planned(two)


def test_runs_that_there_are_count_unless_they_are_to_start_over(planned, a_record):
    (run,) = planned().runs
    extended = (record.Extension("4step", 4, 1.0),)
    leave(a_record, run, status=Status("interrupted", 4, 0.5), extended=extended)
    assert plan.status_of(run.folder).step == 4 and plan.status_of(run.folder.parent) is None
    (again,) = planned().runs
    assert (again.status.name, again.left, again.extended) == ("interrupted", 0.5, extended)
    (anew,) = planned(how={"force": True}).runs
    assert (anew.status, anew.left, anew.extended) == (None, 1.0, ())
    assert anew.run.key == again.run.key == run.run.key


@pytest.mark.parametrize(
    ("changes", "finished", "failed"),
    [
        ({"status": Status("out_of_memory", 4, 0.5)}, False, True),
        ({"status": Status("failed", 4, 0.5)}, False, True),
        ({"status": Status("collapsed", 4, 0.5)}, True, False),
    ],
)
def test_a_run_that_failed_is_tried_again(planned, a_record, changes, finished, failed):
    leave(a_record, *planned(stop_collapsed=True).runs, **changes)
    (run,) = planned(stop_collapsed=True).runs
    assert (run.finished, run.failed) == (finished, failed)


def test_a_damaged_record_is_none_and_one_of_another_format_is_left_alone(planned, a_record):
    (run,) = planned().runs
    leave(a_record, run)
    text = (run.folder / "record.json").read_text()
    (run.folder / "record.json").write_text(text[:50])
    assert planned().runs[0].status is None
    files.write_sealed(run.folder / "record.json", {"format": 99})
    with pytest.raises(InputError) as caught:
        planned()
    assert f"remove {run.folder}" in caught.value.hint


def test_a_job_is_one_rank_and_saves_once_a_minute_unless_otherwise_asked(planned):
    made = planned(("cyclegan-unet",), threads=2)
    job = made.job(made.runs[0])
    assert (job.ranks, job.checkpoint_seconds, job.threads) == (1, 60.0, 2)
    assert (job.key, job.folder) == (made.runs[0].run.key, made.runs[0].folder)
    assert (job.counts.source, job.counts.target) == (2, 2)
    assert job.source_folder != job.target_folder
    several = replace(planned(ranks=2), save_seconds=5.0)
    job = several.job(several.runs[0])
    assert (job.ranks, job.checkpoint_seconds) == (2, 5.0)
    assert several.runs[0].run.settings["ranks"] == 2


def test_runs_elsewhere_are_judged_on_what_this_machine_has(planned):
    made = planned()
    assert made.device_here == "cpu"
    assert replace(made, device="cuda", judged_on="mps").device_here == "mps"


def test_of_pictures_that_are_held_out_it_is_said_how_many_train_and_how_many_judge(planned, pets):
    for name in ("cats", "dogs"):
        for index in range(2, 10):
            Image.new("RGB", (16, 16), (index, 0, 0)).save(pets / f"{name}/{index}.png")
    made = planned(("cyclegan-unet",), held_out=0.4, judge_on="test")
    for side in ("source", "target"):
        assert (made.data[side]["trained"], made.data[side]["judged"]) == (6, 2)
        assert made.data[side]["fingerprint"] == getattr(made.pair, side).fingerprint
    job = made.job(made.runs[0])
    assert (job.counts.source, job.counts.target) == (6, 6)
    assert "trained" not in planned().data["target"]


def test_no_more_samples_are_asked_of_translators_than_there_are_photographs(planned):
    made = planned(("dcgan", "cyclegan-unet"))
    assert (made.suite.samples, made.suite.curve_samples) == (2, 2)
    assert planned(("dcgan",)).suite.samples == 120
    with pytest.raises(InputError, match=r"3 samples are asked .* only 2 source") as caught:
        planned(("cyclegan-unet",), samples=3)
    assert caught.value.hint == "--samples 2"
    assert planned(("cyclegan-unet",), samples=2).suite.curve_samples == 2


def test_room_is_needed_for_samples_films_and_two_checkpoints_of_every_run(planned):
    made = planned(seeds=(0, 1), samples=100, curve_samples=10, snapshots=4, frames=5)
    pictures = 100 + 3 * 10 + 5 * 16
    assert plan.disk_bytes(made) == 2 * (pictures * 16**2 * 3 + 15 * 4 * 3 * 2)


def test_frameworks_on_different_devices_are_refused(tmp_path, pets):
    def inspect(job):
        facts = (ModelFacts("noise", {"batch": 1}, {}, None, None, "") for _ in job.models)
        return Inspected("cuda" if job.framework == "pytorch" else "cpu", tuple(facts))

    asked = Suite(models=("dcgan",), frameworks=("pytorch", "tensorflow"), size=16, data=str(pets))
    with pytest.raises(InputError, match=r"different devices \(pytorch cuda, tensorflow cpu\)"):
        plan.make(asked, tmp_path / "results", lambda *_: None, inspect=inspect)


def test_a_twin_is_given_what_was_counted_on_the_same_model_alone(tmp_path, pets):
    def inspect(job):
        counted = 7 if job.framework == "pytorch" else None
        facts = (
            ModelFacts("noise", {"batch": 1, "at": place * (counted or 5)}, {}, counted, None, "")
            for place in range(len(job.models))
        )
        return Inspected("cpu", tuple(facts))

    asked = Suite(
        models=("dcgan", "dcgan:width=8"),
        frameworks=("pytorch", "tensorflow"),
        size=16,
        data=str(pets),
    )
    made = plan.make(asked, tmp_path / "results", lambda *_: None, inspect=inspect)
    found = [(p.run.framework, p.run.settings["at"], p.flop_per_step) for p in made.runs]
    assert found == [
        ("pytorch", 0, 7), ("tensorflow", 0, 7), ("pytorch", 7, 7), ("tensorflow", 5, None),
    ]  # fmt: skip


def test_plugins_of_one_name_in_two_frameworks_are_no_twins(tmp_path, monkeypatch, pets):
    theirs = tuple(
        registry.Model("theirs", f"{framework}:Theirs", framework, "a package", source="noise")
        for framework in registry.FRAMEWORKS
    )

    def inspect(job):
        counted = 7 if job.framework == "pytorch" else None
        return Inspected("cpu", (ModelFacts("noise", {"batch": 1}, {}, counted, None, ""),))

    monkeypatch.setattr(registry, "models", lambda *_: theirs)
    both = Suite(models=("theirs",), frameworks=registry.FRAMEWORKS, size=16, data=str(pets))
    made = plan.make(both, tmp_path / "results", lambda *_: None, inspect=inspect)
    assert [planned.flop_per_step for planned in made.runs] == [7, None]


def test_fewer_samples_are_drawn_for_a_curve_where_that_is_asked(planned):
    made = planned(samples=100, curve_samples=10)
    assert (made.suite.samples, made.suite.curve_samples) == (100, 10)
    assert planned(samples=20).suite.curve_samples == 20
    assert planned(samples=8, curve_samples=10).suite.curve_samples == 8


def test_a_model_at_which_the_process_ended_is_named(monkeypatch):
    ended = child_process.Ended(-9, (), "", at="theirs.py")
    monkeypatch.setattr(child_process, "run", lambda *_: ended)
    with pytest.raises(InputError, match=r"theirs\.py cannot be looked at: its process was killed"):
        plan.best_device_here()
    error = {"kind": "error", "message": "no such device", "hint": ""}
    ended = child_process.Ended(0, (error,), "", at="theirs.py")
    with pytest.raises(InputError, match="no such device"):
        plan.best_device_here()
    dead = child_process.Ended(1, (), "Traceback")
    monkeypatch.setattr(child_process, "run", lambda *_: dead)
    with pytest.raises(RuntimeError, match="ended with code 1"):
        plan.best_device_here()
