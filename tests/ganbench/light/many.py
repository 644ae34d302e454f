"""One of several commands at work on the same fake runs: PICTURES RESULTS LOG RUNS."""

import os
import random
import sys
import time
from pathlib import Path

from light_worker import lighten
from rich.console import Console

from ganbench import record
from ganbench.cli.progress import Screen
from ganbench.data import load
from ganbench.jobs import Run
from ganbench.planning import plan
from ganbench.planning.suite import Suite
from ganbench.runner import suite_runner
from ganbench.scoring.choose_extractors import Extractors
from ganbench.system import child_process


def main(pictures: str, results: str, log: str, count: str) -> int:
    """Carry the runs out; every training adds a line to the log."""
    lighten()
    suite = Suite(models=("fake",), name="s", size=32, budget="1step", samples=2, curve_samples=2)
    pair = load.load(pictures, None, None, 32, False)
    fingerprints = (pair.source.fingerprint, pair.target.fingerprint)
    runs = tuple(_planned(Path(results), seed, fingerprints) for seed in range(int(count)))
    child_process.run = lambda module, job, *_: train(job, log)
    suite_runner._conclude = lambda *_: None
    made = plan.Plan(suite, "cpu", pair, Path(results) / "s", runs)
    blind = Extractors((), "nobody looks")
    return suite_runner.execute(made, "x", blind, False, Screen(Console(quiet=True)))


def _planned(results, seed, fingerprints):
    run = Run(
        *("fake", "fake:Fake", "pytorch", "fake", "noise", {"batch": 1}, seed, "1step", 32),
        *(False, 0.0, fingerprints, 2, 2, 1, 2, "cpu", ""),
    )
    place = results / "s" / run.folder
    return plan.Planned(run, place, {}, None, status=plan.status_of(place))


def train(job, log):
    """Pretend."""
    with open(log, "a") as file:
        file.write(f"{job.key} {os.getpid()}\n")
    time.sleep(random.uniform(0, 0.02))
    done = record.Status("done", 1, 1.0)
    made = record.Record(**job.blank_record, environment={}, status=done)
    record.write(job.folder, made)
    return child_process.Ended(0, (), "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
