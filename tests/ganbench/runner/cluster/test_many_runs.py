"""Hundreds of runs on nodes that are played, of which one in twenty dies: none is lost.

What the driver does for a run must not grow with the number of runs. Its calls of functions are
counted, those of the operating system among them: they repeat exactly, as seconds do not.
"""

import cProfile
import pstats
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import simulated_suite
from stand_in_ray import Stage

from ganbench import record
from ganbench.runner.cluster import fleet
from ganbench.runner.lines import Lines
from ganbench.system import locks

FEW, MANY = 100, 400
WORKERS = 10
LISTING = ("posix.scandir", "posix.listdir")


class Heard(Lines):
    """An observer that counts what it hears of each run."""

    def __init__(self):
        super().__init__(lambda text: None)
        self.endings, self.losses = Counter(), Counter()

    def line(self, planned, text):
        self.losses[planned.run.key] += "is lost" in text

    def ended(self, planned, record):
        self.endings[planned.run.key] += 1


@dataclass
class Calls:
    """How many calls of functions each stage took; of the system's own, those that list folders."""

    all: dict = field(default_factory=dict)
    listing: dict = field(default_factory=dict)

    @contextmanager
    def of(self, name, stage):
        stage.profile = cProfile.Profile()
        stage.profile.enable()
        yield
        stage.profile.disable()
        counts = [(call[2], told[1]) for call, told in pstats.Stats(stage.profile).stats.items()]
        self.all[name] = sum(count for _, count in counts)
        self.listing[name] = sum(
            count for call, count in counts if any(word in call for word in LISTING)
        )
        stage.profile = None


@dataclass
class Carried:
    """A suite that was carried out."""

    plan: object
    stage: Stage
    heard: Heard
    calls: Calls


@pytest.fixture(scope="module")
def carried(tmp_path_factory):
    """The same suite with few and with many runs."""
    folder = tmp_path_factory.mktemp("many")
    pictures = simulated_suite.draw(folder / "pictures")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet, "MOST_AWAY", 2 * WORKERS)  # so that few runs are many times as many
        for count in (FEW, MANY):
            heard, calls, stage = Heard(), Calls(), Stage(WORKERS, 0.05)
            results = folder / f"{count}"
            plan = simulated_suite.whole(
                pictures, count, results, stage, lambda plan, heard=heard: heard, calls.of
            )
            stage.close()
            found[count] = Carried(plan, stage, heard, calls)
    return found


@pytest.mark.parametrize("count", [FEW, MANY])
def test_no_run_is_lost_and_each_has_one_record_whatever_dies(carried, count):
    plan, stage, heard = carried[count].plan, carried[count].stage, carried[count].heard
    assert len(plan.runs) == count and all(planned.finished for planned in plan.runs)
    folders = {planned.folder for planned in plan.runs}
    there = {path.parent for path in plan.folder.glob("*/record.json")}
    assert there == folders and len(folders) == count
    assert {record.read(each).key for each in there} == {planned.run.key for planned in plan.runs}
    assert heard.endings == {planned.run.key: 1 for planned in plan.runs}
    assert stage.deaths == sum(heard.losses.values()) > count / 50
    assert stage.begun == count + stage.deaths  # nothing was done twice besides
    assert not list(plan.folder.glob("*/.arriving*"))
    assert not any(locks.is_claimed(each) for each in folders)


@pytest.mark.parametrize("name", ["plan", "train", "plan again", "list"])
def test_what_the_driver_does_for_a_run_does_not_grow_with_their_number(carried, name):
    few, many = (carried[count].calls for count in (FEW, MANY))
    assert many.all[name] / MANY < 1.05 * few.all[name] / FEW
    assert many.listing[name] / MANY <= 1.05 * few.listing[name] / FEW
