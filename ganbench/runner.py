"""Carries a plan out: a fresh process for each unfinished run, then scores and report."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganbench import environment, files, processes, record, worker
from ganbench.plan import Plan, Planned
from ganbench.screen import Screen
from ganbench.suite import to_toml
from ganbench.weights import Found

CONCLUDE_AFTER = (
    300.0  # seconds: after a run as long as this, the page is brought up to date at once
)
GALLERY = 12

DONE, FAILED_RUNS, INTERRUPTED = 0, 3, 130


class Interrupts:
    """Ctrl-C: the first lets the running step end and be saved, the second leaves at once."""

    def __init__(self, screen: Screen):
        self.asked = False
        self._screen = screen

    def __call__(self, number: int, frame: Any) -> None:
        if self.asked:
            processes.interrupt(signal.SIGKILL)
            os._exit(INTERRUPTED)
        self.asked = True
        self._screen.note("stopping after this step; Ctrl-C again leaves at once")
        processes.interrupt()


@contextmanager
def interruptible(screen: Screen) -> Iterator[Interrupts]:
    """Catch Ctrl-C and termination while a plan is carried out."""
    interrupts = Interrupts(screen)
    before = {n: signal.signal(n, interrupts) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def execute(plan: Plan, command: str, weights: Found, force: bool, screen: Screen) -> int:
    """Run what is not finished, score it, write the report; returns the exit code."""
    files.ensure_writable(plan.folder)
    if force:
        for planned in plan.runs:
            files.remove(planned.folder)
    _introduce(plan, command, weights)
    with interruptible(screen) as interrupts, screen:
        for planned in plan.runs:
            if interrupts.asked:
                break
            if planned.finished and not force:
                screen.kept(planned)
                continue
            began = time.monotonic()
            _train(plan, planned, screen, interrupts)
            if time.monotonic() - began > CONCLUDE_AFTER and planned is not plan.runs[-1]:
                _conclude(plan, weights, screen, interrupts)
        _conclude(plan, weights, screen, interrupts)
    if interrupts.asked:
        return INTERRUPTED
    statuses = [record.read(planned.folder).status.name for planned in plan.runs]
    return DONE if all(name == "done" for name in statuses) else FAILED_RUNS


def _introduce(plan: Plan, command: str, weights: Found) -> None:
    """Describe the suite on disk: what the report says of the whole."""
    source, target = plan.pair.source, plan.pair.target
    gallery = {"source": "gallery/source.npy", "target": "gallery/target.npy"}
    for domain, name in ((source, "source"), (target, "target")):
        files.write_array(plan.folder / gallery[name], worker.first(domain, GALLERY))
    suite = plan.suite
    warnings = [weights.problem] if weights.problem else []
    files.write_text(plan.folder / "suite.toml", to_toml(suite))
    files.write_json(
        plan.folder / "suite.json",
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
            "environment": environment.describe("", plan.device),
            "warnings": warnings,
            "primary": None,
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
    """Write the record of a worker that died before it could."""
    how = (
        f"was killed by signal {-ended.code}" if ended.code < 0 else f"ended with code {ended.code}"
    )
    last = ended.words.splitlines()[-1:] or [""]
    reason = f"its process {how}: {last[0]}".rstrip(": ")
    record.write(
        planned.folder,
        record.Record(
            **worker.blank(job),
            environment=environment.describe("", plan.device),
            status=record.Status("failed", 0, 0.0, reason[:300]),
        ),
    )


def _conclude(plan: Plan, weights: Found, screen: Screen, interrupts: Interrupts) -> None:
    """Score what has ended and bring the page up to date."""
    if not interrupts.asked:
        score(plan, weights, screen, interrupts)
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
        "weights": str(weights.path) if weights.path else None,
        "device": plan.device,
        "plugins": list(plan.suite.plugins),
    }
    with screen.judging() as on_message:
        ended = processes.run("ganbench.score", job, on_message)
    if not interrupts.asked:
        primary = ended.result()["primary"]
        description = files.read_json(plan.folder / "suite.json")
        files.write_json(plan.folder / "suite.json", description | {"primary": primary})


def report(results: Path, suite: str | None, **options: bool) -> Path:
    """Build the page from the records."""
    from ganbench.report import build

    return build(results, suite, **options)
