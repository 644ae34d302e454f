"""Hundreds of runs on nodes that are played, of which one in twenty dies: none is lost.

What the driver does for a run must not grow with the number of runs. Its calls of functions are
counted, and the names in the folders that it lists: they repeat exactly, as seconds do not.
"""

import cProfile
import os
import pstats
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import simulated_suite
from stand_in_ray import Stage

from ganbench import record
from ganbench.planning.plan import Plan
from ganbench.runner.cluster import fleet
from ganbench.runner.lines import Lines
from ganbench.system import locks

FEW, MANY = 40, 160
WORKERS = 10


class Heard(Lines):
    """An observer that counts what it hears of each run."""

    def __init__(self):
        super().__init__(lambda text: None)
        self.endings: Counter[str] = Counter()
        self.again, self.judged_here = 0, 0

    def line(self, planned, text):
        self.again += "is lost: it goes on elsewhere" in text
        self.judged_here += "judged here: the node is lost" in text

    def ended(self, planned, record):
        self.endings[planned.run.key] += 1


@dataclass
class Calls:
    """How many calls of functions each stage took, and how many names stood in listed folders."""

    all: dict[str, int] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)
    now: str = ""  # the stage

    def listed(self, count):
        self.names[self.now] += count

    @contextmanager
    def of(self, name, stage):
        self.now, stage.profile = name, cProfile.Profile()
        stage.profile.enable()
        yield
        stage.profile.disable()
        found: Any = pstats.Stats(stage.profile)
        self.all[name] = sum(told[1] for told in found.stats.values())
        stage.profile = None


@dataclass
class Carried:
    """A suite that was carried out."""

    plan: Plan
    stage: Stage
    heard: Heard
    calls: Calls


SCANDIR = os.scandir


def counting(hear):
    """`os.scandir`, which tells how many names there are."""

    def scandir(path="."):
        hear(len(os.listdir(path)))  # noqa: PTH208 - it may be a handle
        return SCANDIR(path)

    return scandir


@pytest.fixture(scope="module")
def carried(tmp_path_factory):
    """The same suite with few and with many runs."""
    folder = tmp_path_factory.mktemp("many")
    pictures = simulated_suite.draw(folder / "pictures")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet, "MOST_AWAY", 2 * WORKERS)  # so that few runs are many times as many
        patch.setattr(os, "fsync", lambda handle: None)  # the disk is not asked
        for count in (FEW, MANY):
            heard, calls, stage = Heard(), Calls(), Stage(WORKERS, 0.05)
            patch.setattr(os, "scandir", counting(calls.listed))
            results = folder / f"{count}"
            plan = simulated_suite.whole(
                pictures, count, results, stage, lambda plan, heard=heard: heard, calls.of
            )
            with calls.of("plan changed", stage):
                simulated_suite.planned(pictures, count, results, "3step")
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
    records = [record.read(each) for each in there]
    assert {run.key for run in records} == {planned.run.key for planned in plan.runs}
    assert sum(not run.scores for run in records) == heard.judged_here
    assert heard.endings == {planned.run.key: 1 for planned in plan.runs}
    assert stage.deaths == heard.again + heard.judged_here > count // 50
    assert stage.begun == count + heard.again  # nothing was done twice besides
    assert not list(plan.folder.glob("*/.arriving*"))
    assert not any(locks.is_claimed(each) for each in folders)


@pytest.mark.parametrize("name", ["plan", "train", "plan again", "plan changed", "list"])
def test_what_the_driver_does_for_a_run_does_not_grow_with_their_number(carried, name):
    few, many = (carried[count].calls for count in (FEW, MANY))
    assert many.all[name] / MANY < 1.05 * few.all[name] / FEW
    assert many.names[name] / MANY < 1.05 * few.names[name] / FEW + 1
