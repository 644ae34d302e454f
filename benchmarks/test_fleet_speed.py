"""What the driver of a cluster takes for a run, and that it takes no more where there are many.

All of the driver is real; the 100 nodes, of which one in twenty dies, are played in its process by
`stand_in_ray`, whose time does not count. By default 100 and 1,000 runs; 10,000 take a while:

    GANBENCH_SIMULATED_RUNS=100,1000,10000 .venv/bin/pytest benchmarks/test_fleet_speed.py \
        --benchmark-only -s --fleet-json results/reference/fleet.json

Seconds by the wall clock are mostly those of the disk, which is waited for after each file. The
promise is of CPU seconds. On real Ray goes tests/ganbench/runner/cluster/test_fleet.py.
"""

import json
import os
import resource
import statistics
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import simulated_suite
from rich.console import Console
from simulated_suite import Stages
from speed_table import machine, rounded
from stand_in_ray import Stage

from ganbench.cli import progress

RUNS = tuple(map(int, os.environ.get("GANBENCH_SIMULATED_RUNS", "100,1000").split(",")))
WORKERS, DEATHS = 100, 0.05
FIRST = 30  # runs that warm up
MORE = 1.25  # times as much CPU for a run as with a tenth of the runs: of a machine not quite quiet
TURNS = {100: 5}  # of others 3


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A folder with pictures, and a cache of its own."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return simulated_suite.draw(tmp_path / "pictures").parent


def simulated(room: Path, runs: int, turn: int) -> dict[str, Any]:
    """What the driver took for each run, in all stages together and in each."""
    stages, stage = Stages(), Stage(WORKERS, DEATHS, seed=turn)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        screen = Console(file=nowhere, force_terminal=True, width=160, height=50)
        plan = simulated_suite.whole(
            room / "pictures",
            runs,
            room / f"results-{runs}-{turn}",
            stage,
            lambda plan: progress.make(screen, plan.runs),
            stages.of,
        )
    stage.close()
    assert all(planned.finished for planned in plan.runs)
    found: dict[str, Any] = {"runs": runs, "deaths": stage.deaths}
    for kind, told in (("ms", stages.seconds), ("cpu_ms", stages.cpu_seconds)):
        found[kind] = {name: 1000 * seconds / runs for name, seconds in told.items()}
        found[kind]["all"] = sum(found[kind].values())
    return found


def middle(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The median over the turns, of each number."""
    names = found[0]["ms"]
    return {
        "runs": found[0]["runs"],
        "turns": len(found),
        "deaths": [one["deaths"] for one in found],
        **{
            kind: rounded({n: statistics.median(one[kind][n] for one in found) for n in names})
            for kind in ("ms", "cpu_ms")
        },
    }


def test_a_run_costs_the_driver_as_much_however_many_there_are(benchmark, request, room):
    """The promise: no run lost, and at most a quarter more CPU for each of ten times as many."""

    def all_turns() -> list[dict[str, Any]]:
        simulated(room, FIRST, 0)
        return [
            middle([simulated(room, runs, turn) for turn in range(TURNS.get(runs, 3))])
            for runs in RUNS
        ]

    rows = benchmark.pedantic(all_turns, rounds=1)
    print(f"\ndriver's milliseconds a run, {WORKERS} workers, {DEATHS:.0%} of them killed:")
    for row in rows:
        parts = " ".join(f"{name} {took:.2f}" for name, took in row["cpu_ms"].items())
        print(f"{row['runs']:>7,} runs: {row['ms']['all']:.1f}, of CPU {parts}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"peak memory of the whole process: {peak:.0f} MiB")
    more = [later["cpu_ms"]["all"] / earlier["cpu_ms"]["all"] for earlier, later in pairwise(rows)]
    if file := request.config.getoption("--fleet-json"):
        told = {"machine": machine(), "workers": WORKERS, "killed": DEATHS, "rows": rows}
        text = json.dumps(told | {"times_as_much_cpu": more, "peak_mib": peak}, indent=1)
        Path(file).write_text(text + "\n", encoding="utf-8")
    assert all(times < MORE for times in more)
