"""A suite of as many runs as one likes, carried out on nodes that are played (`stand_in_ray`).

It goes the driver's whole way: planned, trained and judged on the nodes, planned once more when all
is done, listed. Left out are processes of its own, as for any suite: what inspects the models, and
what judges the untrained rows and whatever no node has judged.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image
from stand_in_ray import Stage

from ganbench.cli import ls
from ganbench.jobs import Inspected, InspectJob, ModelFacts
from ganbench.planning import plan as planning
from ganbench.planning.plan import Plan
from ganbench.planning.suite import Suite
from ganbench.runner import extension, run_list, stale_runs, suite_runner
from ganbench.runner.cluster import judge
from ganbench.runner.cluster.fleet import Fleet
from ganbench.runner.interrupts import Interrupts
from ganbench.runner.observer import Observer
from ganbench.scoring.choose_extractors import Extractors

MODELS = 10  # so many settings of one model, of which each has a tenth of the runs
PICTURES = {"photo": 300, "monet": 100}
SIZE = 16
NOBODY = Extractors((), "nobody looks")


@dataclass
class Stages:
    """What the driver has spent on each stage, in seconds by the wall clock and of CPU."""

    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str, stage: Stage) -> Iterator[None]:
        """Time what happens in here, without what the play takes."""
        before = replace(stage.spent)
        began, began_cpu = time.perf_counter(), time.process_time()
        yield
        played = stage.spent.seconds - before.seconds
        self.seconds[name] = time.perf_counter() - began - played
        played = stage.spent.cpu_seconds - before.cpu_seconds
        self.cpu_seconds[name] = time.process_time() - began_cpu - played


def draw(folder: Path) -> Path:
    """Two sets of small pictures."""
    for name, count in PICTURES.items():
        (folder / name).mkdir(parents=True)
        for place in range(count):
            colour = (place % 256, place // 256, 0)
            Image.new("RGB", (SIZE, SIZE), colour).save(folder / name / f"{place:03}.png")
    return folder


def suite(pictures: Path, runs: int, budget: str) -> Suite:
    """So many runs of a tiny budget."""
    return Suite(
        models=tuple(f"dcgan:width={8 * (place + 1)}" for place in range(MODELS)),
        name="s",
        data=str(pictures),
        size=SIZE,
        budget=budget,
        seeds=tuple(range(runs // MODELS)),
        metrics=("fwd",),
        samples=8,
        curve_samples=8,
        snapshots=1,
        frames=2,
        device="cpu",
        threads=1,
    )


def inspect(job: InspectJob) -> Inspected:
    """What a process would find out of the models."""
    facts = (
        ModelFacts("noise", {"batch": 1, **settings}, {"G": 1000, "D": 1000}, None, None, "0" * 64)
        for _, settings in job.models
    )
    return Inspected("cpu", tuple(facts))


def planned(pictures: Path, runs: int, results: Path, budget: str = "2step") -> Plan:
    """The suite's plan, and all that is looked for before it is carried out."""
    asked = suite(pictures, runs, budget)
    made = planning.make(asked, results, lambda *_: None, inspect=inspect)
    made, _ = extension.consider(made, extend=False)
    stale_runs.warnings(made)
    return made


def introduce(plan: Plan) -> None:
    """Describe it on disk."""
    suite_runner._introduce(plan, "x", NOBODY, False, [])


def carry_out(plan: Plan, stage: Stage, observer: Observer) -> None:
    """All of the driver's work between the first run and the last."""
    cluster = stage.cluster()
    told = judge.told(suite_runner._score_job(plan, NOBODY), 3600.0, cluster.file)
    with observer:
        Fleet(cluster, plan, observer, Interrupts(), 600.0, told).carry_out()


def listed(results: Path) -> list[str]:
    """What `ganbench ls` prints."""
    return ls.table(run_list.find(results)[0], 120)


def whole(
    pictures: Path,
    runs: int,
    results: Path,
    stage: Stage,
    observe: Callable[[Plan], Observer],
    on: Callable[[str, Stage], Any],
) -> Plan:
    """Every stage, each within `on(name, stage)`; the plan that is left when all is done."""
    with on("plan", stage):
        made = planned(pictures, runs, results)
    with on("train", stage):
        introduce(made)
        carry_out(made, stage, observe(made))
    with on("plan again", stage):
        made = planned(pictures, runs, results)
    with on("list", stage):
        listed(results)
    return made
