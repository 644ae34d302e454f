"""Carries a plan out: a fresh process for each unfinished run, then scores and report."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ganbench import checkpoint, environment, files, processes, record, worker
from ganbench.errors import InputError
from ganbench.plan import Plan, Planned
from ganbench.screen import Screen
from ganbench.suite import to_toml
from ganbench.weights import Found

CONCLUDE_AFTER = 300.0  # seconds; a longer run is judged and shown at once
GALLERY = 12  # pictures of each domain that the report shows

DONE, FAILED_RUNS, INTERRUPTED = 0, 3, 130  # exit codes

SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


class Interrupts:
    """Ctrl-C: the first lets the running step end and be saved, the second leaves at once.

    A handler may come in the middle of anything, so it writes past every buffer.
    """

    asked = False

    def __call__(self, number: int, frame: Any) -> None:
        if self.asked:
            processes.interrupt(signal.SIGKILL)
            os._exit(INTERRUPTED)
        self.asked = True
        os.write(2, b"\n stopping after this step; Ctrl-C again leaves at once\n")
        processes.interrupt()


@contextmanager
def interruptible() -> Iterator[Interrupts]:
    """Catch Ctrl-C and termination while a plan is carried out."""
    interrupts = Interrupts()
    processes.calm()
    before = {n: signal.signal(n, interrupts) for n in SIGNALS}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def execute(plan: Plan, command: str, weights: Found, force: bool, screen: Screen) -> int:
    """Run what is not finished, score it, write the report; returns the exit code."""
    files.ensure_writable(plan.folder)
    with alone(plan.folder), interruptible() as interrupts, screen:
        _introduce(plan, command, weights)
        for planned in plan.runs:
            if interrupts.asked:
                break
            if planned.finished:
                screen.kept(planned)
                continue
            began = time.monotonic()
            if force:
                files.remove(planned.folder)
            _train(plan, planned, screen, interrupts)
            if time.monotonic() - began > CONCLUDE_AFTER and planned is not plan.runs[-1]:
                _conclude(plan, weights, screen, interrupts)
        _conclude(plan, weights, screen, interrupts)
    if interrupts.asked:
        return INTERRUPTED
    statuses = [record.read(planned.folder).status.name for planned in plan.runs]
    return DONE if all(name == "done" for name in statuses) else FAILED_RUNS


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second command off the same suite."""
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InputError(
            f"another ganbench is at work in {folder}", "wait for it, or choose --name NAME"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _introduce(plan: Plan, command: str, weights: Found) -> None:
    """Describe the suite on disk: what the report says of the whole."""
    source, target = plan.pair.source, plan.pair.target
    gallery = {"source": "gallery/source.npy", "target": "gallery/target.npy"}
    for domain, name in ((source, "source"), (target, "target")):
        files.write_array(plan.folder / gallery[name], worker.first(domain, GALLERY))
    suite, described = plan.suite, plan.folder / "suite.json"
    before = files.read_json(described) if described.exists() else {}
    warnings = [weights.problem] if weights.problem else []
    files.write_text(plan.folder / "suite.toml", to_toml(suite))
    files.write_json(
        described,
        {
            "name": suite.name,
            "command": command,
            "budget": plan.runs[0].run.budget,
            "size": suite.size,
            "seeds": list(suite.seeds),
            "models": list(dict.fromkeys(planned.run.label for planned in plan.runs)),
            "frameworks": list(suite.frameworks),
            "runs": [planned.run.folder for planned in plan.runs],
            "toml": to_toml(suite),
            "data": plan.data | {"gallery": gallery},
            "environment": environment.describe(None, plan.device),
            "warnings": warnings,
            "primary": before.get("primary"),
            "samples": suite.samples,
            "curve_samples": suite.curve_samples,
        },
    )


def _train(plan: Plan, planned: Planned, screen: Screen, interrupts: Interrupts) -> None:
    """Carry one run out in a process of its own, and leave a record whatever became of it."""
    job = plan.job(planned)
    path = planned.folder / "record.json"
    files.write_json(planned.folder / "run.json", job)
    before = path.stat().st_mtime_ns if path.exists() else None
    screen.started(planned)
    ended = processes.run("ganbench.worker", job, lambda message: screen.message(planned, message))
    unwritten = not path.exists() or path.stat().st_mtime_ns == before
    if unwritten and not interrupts.asked:
        files.write_text(planned.folder / "error.txt", ended.words + "\n")
        _bury(plan, planned, job, ended)
    if path.exists():
        screen.ended(planned, record.read(planned.folder))


def _bury(plan: Plan, planned: Planned, job: dict[str, Any], ended: processes.Ended) -> None:
    """Write the record of a worker that died before it could, with what its checkpoint tells."""
    try:
        found = checkpoint.find(planned.folder)
    except InputError:
        found = None
    state = found[1] if found else {}
    steps, batch = state.get("steps", 0), planned.run.settings["batch"]
    record.write(
        planned.folder,
        record.Record(
            **worker.blank(job),
            environment=environment.describe(None, plan.device),
            status=record.Status("failed", steps, 0.0, _last_words(ended)),
            used=record.Used(
                steps=steps, seconds=state.get("seconds", 0.0), target_pictures=steps * batch
            ),
            snapshots=tuple(record.Moment(**m) for m in state.get("snapshots", [])),
            film=tuple(record.Moment(**m) for m in state.get("film", [])),
        ),
    )


def _last_words(ended: processes.Ended) -> str:
    how = f"ended with code {ended.code}"
    if ended.code < 0:
        how = f"was killed by signal {-ended.code}"
        how += ", probably for want of memory" if ended.code == -9 else ""
    last = ended.words.splitlines()[-1:] or [""]
    return f"its process {how}: {last[0]}".rstrip(": ")[:300]


def _conclude(plan: Plan, weights: Found, screen: Screen, interrupts: Interrupts) -> None:
    """Score what has ended and bring the page up to date."""
    try:
        if not interrupts.asked:
            score(plan, weights, screen, interrupts)
    finally:
        report(plan.folder.parent, plan.suite.name)


def score(plan: Plan, weights: Found, screen: Screen, interrupts: Interrupts) -> None:
    """Judge the stored samples in a process of its own."""
    job = {
        "folder": str(plan.folder),
        "runs": [p.run.folder for p in plan.runs if (p.folder / "record.json").exists()],
        "source_folder": str(plan.pair.source.folder),
        "target_folder": str(plan.pair.target.folder),
        "samples": plan.suite.samples,
        "curve_samples": plan.suite.curve_samples,
        "metrics": list(plan.suite.metrics),
        "protocol": plan.suite.protocol,
        "weights": str(weights.path) if weights.path else None,
        "device": plan.device,
        "plugins": list(plan.suite.plugins),
    }
    problems: list[str] = []

    def on_message(message: dict[str, Any]) -> None:
        if message["kind"] == "problem":
            problems.append(message["message"])
        else:
            screen.judged(message)

    screen.note("judging the samples")
    ended = processes.run("ganbench.judge", job, on_message)
    if not interrupts.asked:
        description = files.read_json(plan.folder / "suite.json")
        description["primary"] = ended.result()["primary"]
        description["warnings"] += problems
        files.write_json(plan.folder / "suite.json", description)


def report(results: Path, suite: str | None, **options: bool) -> Path:
    """Build the page from the records."""
    from ganbench.report import build

    return build(results, suite, **options)
