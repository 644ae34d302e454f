import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ganbench.errors import InputError
from ganbench.jobs import Inspected, ModelFacts
from ganbench.planning import plan
from ganbench.planning.plan import Planned
from ganbench.planning.suite import Suite
from ganbench.record import Status
from ganbench.system import child_process
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


def test_a_target_alone_gives_the_results_their_name():
    assert plan.title(Suite(target="holiday/dogs.zip")) == "dogs"


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
