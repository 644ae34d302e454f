"""The whole command under faults, each trial in a fork: FOLDER < pictures, kinds and every n-th.

`ganbench run` trains two runs, judges them and builds the report, all in one process, with a fault;
then once more without.
"""

import json
import os
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from calls import CRASHED, CRASHES, Fault, install
from trials import cpu, different, forked, lighten, results_of

from ganbench import record
from ganbench.cli import main as cli
from ganbench.errors import InputError
from ganbench.jobs import InspectJob, ScoreJob, TrainJob
from ganbench.planning import inspect_models, plan
from ganbench.scoring import suite_scorer
from ganbench.system import child_process
from ganbench.training import worker

HERE = Path(__file__).parent
WORK: dict[str, tuple[Any, Any]] = {
    "ganbench.planning.inspect_models": (InspectJob, inspect_models.describe),
    "ganbench.training.worker": (TrainJob, worker.work),
    "ganbench.scoring.suite_scorer": (ScoreJob, suite_scorer.score_suite),
}


class Here:
    """The channel of work that is done in this process."""

    gone = False

    def __init__(self, on_message):
        self.on_message = on_message

    def send(self, kind, **content):
        """Pass it on."""
        if self.on_message and kind != "alive":
            self.on_message({"kind": kind, **content})


def run_here(module, job, on_message=None, *_):
    """Do what a process of its own would do; only its crash is not ours."""
    kind, work = WORK[module]
    try:
        asked = child_process.validated(kind, json.dumps(child_process.plain(job)))
        result = work(asked, Here(on_message))
    except InputError as error:
        words = {"kind": "error", "message": str(error), "hint": error.hint}
        return child_process.Ended(2, (words,), "")
    answer = {"kind": "result", "value": child_process.plain(result or {})}
    return child_process.Ended(0, (answer,), "")


def command(pictures, folder):
    """Call the command; returns its exit code."""
    sys.argv = [
        *("ganbench", "run", "--plugin", str(HERE / "toy.py"), "--models", "toy", "--seeds", "0,1"),
        *("--budget", "3step", "--data", pictures, "--size", "32", "--samples", "4"),
        *("--metrics", "fwd", "--device", "cpu", "--threads", "1", "--name", "s"),
        *("--results", folder),
    ]
    sys.argv = list(map(str, sys.argv))
    try:
        cli.main()
    except SystemExit as end:
        return end.code or 0
    return 0


def leave(code):
    """End the child with the command's code."""
    sys.stdout.flush()
    os._exit(code)


def state(folder):
    """What a reader of the results believes: of finished runs their bits, and their scores."""
    if not (folder / "s/suite.json").exists():
        return {}, {}
    read = record.read_results(folder)
    assert not read.unreadable, read.unreadable
    places = [place for place, _ in read.runs]
    scores = {
        run.key: [score.value for score in run.scores.values()]
        for _, run in read.runs
        if run.scores
    }
    return results_of(places), scores


def trial(pictures, folder, case, wanted):
    """What is wrong after a fault, or nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def act():
        install(Fault(folder, *case))
        leave(command(pictures, folder))

    code, said = forked(act)
    expected = (CRASHED,) if case[0] in CRASHES else (0, 2, 3)
    if code not in expected:
        return f"exit code {code}: {said}"
    try:
        for found, whole in zip(state(folder), wanted, strict=True):
            if any(found[name] != whole[name] for name in found):
                return f"believed, and not the same: {different(found, whole)}"
        code, said = forked(lambda: leave(command(pictures, folder)))
        if code or state(folder) != wanted or not (folder / "report.html").stat().st_size:
            return f"in the end {code} {said} {different(state(folder)[0], wanted[0])}"
    except Exception:
        return traceback.format_exc()
    return ""


def counted(pictures, straight):
    """Run the command undisturbed; returns how many calls it makes, and which."""
    straight.mkdir(parents=True)
    fault = Fault(straight)

    def act():
        install(fault)
        assert command(pictures, straight) == 0
        told = json.dumps([fault.count, fault.names])
        straight.with_name("count.json").write_text(told)

    code, said = forked(act)
    assert code == 0, said
    return json.loads(straight.with_name("count.json").read_text())


def main(folder):
    """Count, then every n-th case."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the commands say
    lighten()
    inspect_models.measure_on_meta = lambda *_: None
    child_process.run, plan.CHECKPOINT_SECONDS = run_here, 0.0
    told, began = json.load(sys.stdin), time.perf_counter()
    pictures = told["pictures"]
    os.fsync = lambda handle: None
    import matplotlib.pyplot  # noqa: F401
    import pandas  # noqa: F401

    straight = folder / "straight"
    count, names = counted(pictures, straight)
    wanted = state(straight)
    assert len(wanted[0]) == len(wanted[1]) == 2
    kinds = told["kinds"]
    cases = [
        (*kinds[k // told["every"] % len(kinds)], k) for k in range(1, count + 1, told["every"])
    ]
    wrong = []
    for kind, lasting, k in cases[told["part"] :: told["parts"]]:
        if why := trial(pictures, folder / "trial", (kind, k, lasting), wanted):
            wrong.append(((kind, k, lasting), why))
            print(kind, k, lasting, why, file=sys.stderr, flush=True)
    mine = len(cases[told["part"] :: told["parts"]])
    report = {"calls": count, "names": names, "cases": mine, "wrong": wrong, "cpu": cpu()}
    print(json.dumps(report | {"seconds": time.perf_counter() - began}), file=out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
