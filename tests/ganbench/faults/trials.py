"""Trials, each in a fork of this process: SUITES FOLDER < jobs and cases > one verdict a line.

A trial trains two runs with a fault, looks at what it left behind, and trains them again without.
"""

import csv
import gc
import json
import os
import resource
import shutil
import signal
import sys
import threading
import time
import traceback
from dataclasses import replace
from pathlib import Path

from calls import CRASHED, Fault, install

from ganbench import record
from ganbench.errors import InputError
from ganbench.jobs import TrainJob
from ganbench.system import environment, frameworks
from ganbench.system.child_process import validated
from ganbench.training import worker

PATTERNS = ("checkpoint/state.*", "samples/*.npy", "film/*.npy", "views/*.npy")


class Listener:
    """A parent that hears nothing."""

    gone = False

    def send(self, kind, **content):
        """Nothing."""


def lighten():
    """Let nothing import a framework."""
    frameworks.prepare = frameworks.set_torch_threads = lambda *_, **__: None
    environment.describe = lambda *_, **__: {"threads": 1, "packages": {}}
    environment.peak_memory = lambda *_: (None, "")


def train(jobs, folder):
    """Train what is not finished, as the runner does, each run to its record."""
    for job in jobs:
        place = folder / job.run.label
        if not (place / "record.json").exists() or record.read(place).status.name != "done":
            worker.work(replace(job, folder=place), Listener())


def results(folder, jobs):
    """Of every finished run the bits that must repeat."""
    return results_of([folder / job.run.label for job in jobs])


def results_of(places):
    """The same, of runs' folders."""
    found = {}
    for place in places:
        try:
            run = record.read(place)
        except InputError:
            assert not (place / "record.json").exists(), "a record is damaged"
            continue
        if run.status.name == "done":
            found[place.name] = _bits(place, run)
    return found


def _bits(place, run):
    for name in run.sha256:
        record.file(place, run, name)
    named = {moment.file for moment in (*run.snapshots, *run.film)} | set(run.views.values())
    files = {
        str(path.relative_to(place)): path.read_bytes()
        for pattern in PATTERNS
        for path in place.glob(pattern)
    }
    assert named <= files.keys(), f"there is no {named - files.keys()}"
    with open(place / "history.csv", newline="") as file:
        rows = [[row[0], row[2], *row[5:]] for row in csv.reader(file)]
    moments = [(m.step, m.file) for m in (*run.snapshots, *run.film)]
    return files, rows, moments, run.first_losses


def forked(act):
    """Do it in a child; returns its exit code and what it raised, as one text."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        said, code = "", 1
        try:
            act()
            code = 0
        except BaseException as error:
            sentence = isinstance(error, InputError) and "\n" not in str(error)
            said, code = (str(error), 2) if sentence else (traceback.format_exc(), 1)
        finally:
            os.write(write, said.encode()[-4000:])
            os._exit(code)
    os.close(write)
    with os.fdopen(read) as words:
        said = words.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def trial(jobs, folder, case, reads, wanted):
    """What is wrong after a fault, or nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def act():
        install(Fault(folder, *case, reads))
        train(jobs, folder)

    code, said = forked(act)
    if code not in (0, 2, CRASHED):
        return f"exit code {code}: {said}"
    if (code == CRASHED) != (case[0] in ("before", "after", "power")):
        return f"exit code {code}, {said}"
    try:
        kept = results(folder, jobs)
        for place in folder.glob("*/record.json"):
            status = record.read(place.parent).status
            if not told(status, reads):
                return f"{status}"
    except Exception:
        return traceback.format_exc()
    if any(kept[name] != wanted[name] for name in kept):
        return f"finished, and not the same: {different(kept, wanted)}"
    return finished_again(jobs, folder, wanted)


def told(status, reads):
    """Is it done, or else the reason a sentence?"""
    words = ["cannot write ", "cannot be read", *(["Error: [Errno "] if reads else [])]
    failed = status.name == "failed" and "\n" not in status.reason
    return status.name == "done" or (failed and any(word in status.reason for word in words))


def finished_again(jobs, folder, wanted):
    """The same command once more, undisturbed."""
    code, said = forked(lambda: train(jobs, folder))
    if code:
        return f"the second time: {code} {said}"
    try:
        if (found := results(folder, jobs)) != wanted:
            return f"in the end not the same: {different(found, wanted)}"
    except Exception:
        return traceback.format_exc()
    left = [str(path) for path in folder.rglob("*") if path.name.startswith(".")]
    return f"left behind: {left}" if left else ""


def different(found, wanted):
    """Which parts of which runs."""
    if missing := wanted.keys() - found.keys():
        return f"{missing} not finished"
    return [
        (name, place)
        for name in found
        for place, (a, b) in enumerate(zip(found[name], wanted[name], strict=True))
        if a != b
    ]


def count_calls(jobs, folder, reads):
    """How many calls an undisturbed suite makes, by name, and its bits."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fault = Fault(folder, reads=reads)

    def act():
        install(fault)
        train(jobs, folder)
        (folder / "count.json").write_text(json.dumps([fault.count, fault.names]))

    code, said = forked(act)
    assert code == 0, said
    return (*json.loads((folder / "count.json").read_text()), results(folder, jobs))


def cpu():
    """Processor seconds of all trials until now."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(folder):
    """Count, then every case of the plan that comes in."""
    lighten()
    told = json.load(sys.stdin)
    jobs, began = (
        [validated(TrainJob, json.dumps(job)) for job in told["jobs"]],
        time.perf_counter(),
    )
    os.fsync = lambda handle: None  # see calls.py
    train(jobs, folder / "warm")  # imports what is imported late, once for all trials
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    gc.collect()  # ends the thread that drew pictures ahead
    [thread.join(10) for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert threading.active_count() == 1
    reads, part, parts = told["reads"], told["part"], told["parts"]
    count, names, wanted = count_calls(jobs, folder / "straight", reads)
    assert wanted.keys() == {job.run.label for job in jobs}
    # each group of kinds is crossed with every call, or takes turns over the calls, or rests
    cases = [
        (kind, k, lasting)
        for group in told["kinds"]
        for k in range(1, count + 1)
        for kind, lasting in (group if told["crossed"] else filter(None, [group[k % len(group)]]))
    ][part::parts]
    wrong = []
    for case in cases:
        if why := trial(jobs, folder / "trial", case, reads, wanted):
            wrong.append((case, why))
            print(case, why, file=sys.stderr, flush=True)
    report = {"calls": count, "names": names, "cases": len(cases), "wrong": wrong, "cpu": cpu()}
    print(json.dumps(report | {"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
