"""`--on slurm`: the runs of a suite as one array job, each a shard in a folder of its own.

The folders lie on a disk that all nodes share, beside the results; when all has ended they are
merged. Nothing is planned where the command is typed, which may have neither a GPU nor a framework.
"""

import hashlib
import json
import math
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.errors import InputError, first_line
from ganbench.planning import plan as planning
from ganbench.planning.suite import (
    Suite,
    anchored,
    check,
    require_one_rank,
    require_same_precision,
    selected,
    slug,
    to_toml,
    with_metrics_named,
)
from ganbench.runner import merge, suite_part
from ganbench.runner.interrupts import INTERRUPTED, Interrupts
from ganbench.runner.part_differences import OWN
from ganbench.runner.suite_part import told
from ganbench.system import files
from ganbench.system.text import shown

INSTALL = 'pip install "ganbench[submitit]"'
COMMAND = (sys.executable, "-m", "ganbench")  # on the nodes, which see the same disk
ENGINE = "slurm"  # of submitit
FOLDER = "slurm"  # in the results
STOP = "stop"  # a file in it: whoever sees it saves and ends
CORES = 4  # of a run for which nobody has named threads
LONGEST = 24 * 3600.0  # seconds that a run may take unless --until says so
LATEST = 600.0  # seconds to judge and write the page
LOOK_SECONDS = 1.0
DONE, INPUT, FAILED_RUNS = 0, 2, 3  # exit codes

Say = Callable[[str], object]


@dataclass(frozen=True)
class Order:
    """What is asked of Slurm besides the suite."""

    partition: str | None
    detach: bool
    seconds: float | None  # --until
    more: tuple[str, ...] = ()  # options that every shard is given too


def carry_out(suite: Suite, results: Path, order: Order, say: Say, asks: Interrupts) -> int:
    """Submit one array job, wait for it unless `order.detach`, and merge; returns the exit code."""
    submitit = _submitit()
    suite = with_metrics_named(suite)
    check(suite)
    require_one_rank(suite)
    require_same_precision(suite)
    count = _count(suite)
    name = suite.name or slug(planning.title(suite)) or "results"
    suite = replace(suite, name=name)
    _check_like(suite, results / name)
    place = (results / FOLDER / name).resolve()
    files.check_writable(results)
    files.remove(place / STOP)
    file = _written(suite, place)
    parts = [place / f"{at}-of-{count}" for at in range(1, count + 1)]
    words = [_words(file, part, f"{at}/{count}", order) for at, part in enumerate(parts, 1)]
    jobs = _submit(submitit, suite, order, place, words)
    say(f"{count} run{'s' if count > 1 else ''} submitted as job {_number(jobs)}")
    if order.detach:
        parted, into = f"{shlex.quote(str(place))}/*-of-{count}", shlex.quote(str(results))
        merging = f"ganbench merge {parted} --into {into}"
        say(f"the same command waits for them; once they have ended:  {merging}")
        return DONE
    codes = _wait(jobs, place, asks, say)
    for at, code in enumerate(codes, 1):
        if code not in (DONE, FAILED_RUNS, INTERRUPTED):
            say(f"shard {at}/{count} has ended with code {code}; its words are in {place}/jobs")
    whole = _merged(parts, results, say, over="--force" in order.more)
    if asks.asked:
        return INTERRUPTED
    return max(codes) or (DONE if whole else FAILED_RUNS)


def _count(suite: Suite) -> int:
    """Runs of a suite: what is asked for twice is one."""
    asked = {
        (model.name, model.framework, json.dumps(choice.settings, sort_keys=True, default=str))
        for model, choice in selected(suite)
    }
    return len(asked) * len(suite.seeds)


def _check_like(suite: Suite, merged: Path) -> None:
    """InputError where what was merged before is another suite: nothing could be added to it."""
    if not (merged / "suite.json").exists():
        return
    there = suite_part.as_typed(merged, record.read_suite(merged))
    here = tomllib.loads(to_toml(suite))
    lines = [
        f"  {name}: {told(there[name])} there, {told(value)} here"
        for name, value in here.items()
        if name not in OWN and there.get(name, value) != value
    ]
    if lines:
        raise InputError("\n".join([f"{merged} holds another suite:", *lines]), "--name ANOTHER")


def _merged(parts: Sequence[Path], results: Path, say: Say, over: bool) -> bool:
    """Merge what the shards have left; is every run there?"""
    there = [part for part in parts if list(part.glob("*/suite.json"))]
    if not there:
        return False
    merged = merge.merge(there, results, None, f"ganbench run --on {ENGINE}", over)
    for note in merged.notes:
        say(f"note: {note}")
    say(f"{merged.runs} of {merged.runs + len(merged.missing)} runs are there:  {merged.page}")
    return not merged.missing


def _written(suite: Suite, place: Path) -> Path:
    """The suite's file, by its content: jobs that still wait read theirs, whatever comes after."""
    text = to_toml(anchored(suite))
    file = place / f"suite-{hashlib.sha256(text.encode()).hexdigest()[:8]}.toml"
    files.write_text(file, text)
    return file


def _words(file: Path, part: Path, shard: str, order: Order) -> list[str]:
    """The command of one shard."""
    fixed = ("run", "--suite", file, "--results", part, "--shard", shard)
    return [*map(str, (*COMMAND, *fixed)), *order.more]


def _submit(
    submitit: Any, suite: Suite, order: Order, place: Path, words: Sequence[list[str]]
) -> list[Any]:
    """One array job. A run of which the suite says cuda asks for a GPU."""
    executor = submitit.AutoExecutor(folder=place / "jobs", cluster=ENGINE)
    seconds = (order.seconds or LONGEST) + LATEST
    asked = {
        "name": f"ganbench-{suite.name}"[:100],
        "timeout_min": math.ceil(seconds / 60),
        "cpus_per_task": suite.threads or CORES,
        "gpus_per_node": 1 if (suite.device or "").startswith("cuda") else None,
    }
    asked |= {"slurm_partition": order.partition} if order.partition else {}
    try:
        executor.update_parameters(**{k: told for k, told in asked.items() if told is not None})
        return list(executor.map_array(work, words, [str(place / STOP)] * len(words)))
    except Exception as error:  # what sbatch says against it
        raise InputError(f"Slurm does not take the job: {shown(first_line(error))}") from None


def _number(jobs: Sequence[Any]) -> str:
    return str(jobs[0].job_id).partition("_")[0]


def _wait(jobs: Sequence[Any], place: Path, asks: Interrupts, say: Say) -> list[int]:
    """The exit codes of all; when we are asked to stop, they save and end."""
    told = False
    while not all(job.done() for job in jobs):
        if asks.asked and not told:
            told = True
            say("stopping: every run that has begun saves; Ctrl-C again leaves at once")
            files.write_text(place / STOP, "")
            for job in jobs:
                if job.state == "PENDING":
                    job.cancel()
        if told and all(job.done() or job.state in ("CANCELLED", "PENDING") for job in jobs):
            break
        time.sleep(LOOK_SECONDS)
    return [_code(job) for job in jobs]


def _code(job: Any) -> int:
    if job.state == "CANCELLED":
        return INTERRUPTED
    try:
        return int(job.result()) if job.done() else INTERRUPTED
    except Exception:  # its node died
        return INPUT


def _submitit() -> Any:
    try:
        import submitit
    except ImportError:
        raise InputError("submitit is not installed", INSTALL) from None
    if ENGINE == "slurm" and shutil.which("sbatch") is None:
        raise InputError("there is no Slurm on this machine (no sbatch)", "--on ray, or no --on")
    return submitit


def work(words: list[str], stop: str) -> int:
    """One shard, on its node: the command itself. Slurm's word that time is up lets it save."""
    if Path(stop).exists():
        return INTERRUPTED
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # what it starts must not die of it
    process = subprocess.Popen(words)
    for number in (signal.SIGUSR2, signal.SIGTERM):
        signal.signal(number, lambda *_: process.send_signal(signal.SIGTERM))
    asked = False
    while process.poll() is None:
        if not asked and Path(stop).exists():
            asked = True
            process.send_signal(signal.SIGTERM)
        time.sleep(LOOK_SECONDS)
    code = process.returncode
    return code if code >= 0 else 128 - code  # killed by a signal, as a shell says it
