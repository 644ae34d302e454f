"""Carries a plan out: a fresh process for each unfinished run, then scores and report."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench import record
from ganbench.data import batches
from ganbench.errors import InputError, first_line
from ganbench.jobs import SCORER, WORKER, Scored, ScoreJob
from ganbench.planning.plan import Plan, Planned
from ganbench.planning.suite import anchored, to_toml
from ganbench.runner import crash_record
from ganbench.runner.attempt import begin
from ganbench.runner.interrupts import INTERRUPTED, Interrupts, interruptible, timed
from ganbench.runner.mirror import Mirror
from ganbench.runner.observer import Observer
from ganbench.scoring.choose_extractors import Extractors
from ganbench.system import child_process, environment, files, locks
from ganbench.system.object_store import StorageError

if TYPE_CHECKING:
    from ganbench.runner.cluster.connection import Cluster

CONCLUDE_AFTER = 300.0  # seconds; a longer run is judged and shown at once
WORKER_SILENT, SCORER_SILENT = 600.0, 3600.0  # seconds without a sign of life
POLL_SECONDS = 0.5  # between two looks at runs that another command is at
GALLERY = 12  # pictures of each domain that the report shows
TOGETHER = (
    "several commands trained at once: where they shared a machine, they slowed each other down,"
    " and seconds, speeds and budgets in seconds do not compare"
)
ON_ONE_NODE = (
    "several runs trained at once on a node: they slowed each other down, and seconds, speeds and"
    " budgets in seconds do not compare"
)
SHARED = ("budget", "size", "samples", "curve_samples", "data")  # by all commands of a suite

DONE, FAILED_RUNS = 0, 3  # exit codes


def execute(
    plan: Plan,
    command: str,
    extractors: Extractors,
    force: bool,
    observer: Observer,
    seconds: float | None = None,
    asks: Interrupts | None = None,
    mirror: Mirror | None = None,
    cluster: "Cluster | None" = None,
) -> int:
    """Run what is not finished, score it, write the report; returns the exit code.

    After `seconds` the running step ends and is saved, as after Ctrl-C. Whoever gives `asks` stops
    it by that alone: no signal is caught then, and this need not be the main thread.

    With a `mirror` each run is pushed when it ends, and what came of all at the end. StorageError
    when the storage does not take that; all of it is in the local folder then. With a `cluster` the
    runs are carried out on its nodes, many at once.
    """
    files.ensure_writable(plan.folder)
    heard = timed(asks, seconds) if asks else interruptible(seconds)
    with heard as interrupts, ExitStack() as stack, observer:
        with locks.turn(plan.folder):
            shared = locks.others(plan.folder)
            if force:
                _start_over(plan, shared)
            warnings = [ON_ONE_NODE] if cluster and cluster.shares(plan) else []
            _introduce(plan, command, extractors, shared, warnings)
            stack.enter_context(locks.present(plan.folder))
        if cluster:
            from ganbench.runner.cluster import fleet, judge

            told = judge.told(_score_job(plan, extractors), SCORER_SILENT, cluster.file)
            fleet.Fleet(cluster, plan, observer, interrupts, WORKER_SILENT, told).carry_out()
        else:
            _carry_out(plan, extractors, observer, interrupts, mirror)
        if mirror:
            _catch_up(plan, mirror, observer)
        failed = _conclude(plan, extractors, observer, interrupts)
        if mirror:
            _push(plan, mirror, observer)
    if interrupts.asked:
        return INTERRUPTED
    statuses = [record.read(planned.folder).status.name for planned in plan.runs]
    return FAILED_RUNS if failed or any(name != "done" for name in statuses) else DONE


def _start_over(plan: Plan, shared: bool) -> None:
    """Remove what there is of every run, once: from then on each is a run like any other."""
    if shared:
        raise InputError(
            f"another ganbench is at work in {plan.folder}, whose runs --force would end",
            "wait for it, or choose --name NAME",
        )
    files.remove(plan.folder / "suite.json")
    for folder in (*(p.folder for p in plan.runs), *(job.out for job in plan.beside)):
        files.discard(folder)


def _catch_up(plan: Plan, mirror: Mirror, observer: Observer) -> None:
    """Fetch what other machines have pushed meanwhile, for the page."""
    try:
        for note in mirror.fetch(plan.suite.name):
            observer.note(note)
    except StorageError as error:
        observer.note(f"not fetched: {error}")


def _push(plan: Plan, mirror: Mirror, observer: Observer) -> None:
    """Bring everything to the storage; StorageError, with where it lies, when that fails."""
    observer.note(f"pushing to {mirror.address}")
    folders = [*(planned.folder for planned in plan.runs), *(job.out for job in plan.beside)]
    try:
        for note in mirror.push(plan.suite.name, [folder.name for folder in folders]):
            observer.note(note)
        mirror.push_page()
    except StorageError as error:
        raise StorageError(
            f"not all is pushed: {error}",
            f"nothing is lost, it is in {plan.folder}; the same command pushes what is missing",
        ) from None


def _push_one(plan: Plan, planned: Planned, mirror: Mirror, observer: Observer) -> None:
    """Bring one run to the storage; what fails there is tried again at the end."""
    try:
        for note in mirror.push(plan.suite.name, [planned.folder.name]):
            observer.note(note)
    except StorageError as error:
        observer.note(f"not pushed yet: {error}")


def _carry_out(
    plan: Plan,
    extractors: Extractors,
    observer: Observer,
    interrupts: Interrupts,
    mirror: Mirror | None,
) -> None:
    """Attempt every run; those that another command is at come again when the others are done."""
    left, told = list(plan.runs), False
    while left and not interrupts.asked:
        busy = []
        for planned in left:
            began = time.monotonic()
            with locks.claim(planned.folder) as ours:
                if not ours:
                    busy.append(planned)
                elif not interrupts.asked:
                    trained = _attempt(plan, planned, observer, interrupts)
                    if trained and mirror and not interrupts.asked:
                        _push_one(plan, planned, mirror, observer)
            if time.monotonic() - began > CONCLUDE_AFTER and planned is not plan.runs[-1]:
                _conclude_early(plan, extractors, observer, interrupts)
        if len(busy) == len(left):
            if not told:
                observer.note(f"waiting for another ganbench at work on {busy[0].run.label}")
            told = True
            time.sleep(POLL_SECONDS)
        left = busy


def _attempt(plan: Plan, planned: Planned, observer: Observer, interrupts: Interrupts) -> bool:
    """Carry one claimed run out in a process of its own; False if that has been done."""
    attempt = begin(plan, planned, observer)
    if attempt is None:
        return False
    killings = crash_record.killings_for_memory()
    observer.started(planned)
    ended = child_process.run(
        WORKER,
        attempt.job,
        lambda message: observer.message(planned, message),
        lambda: interrupts.tell(observer),
        WORKER_SILENT,
    )
    short = crash_record.killings_for_memory() != killings
    attempt.end(ended, short, observer, interrupts)
    return True


def _introduce(
    plan: Plan, command: str, extractors: Extractors, shared: bool, warnings: list[str]
) -> None:
    """Describe the suite on disk: what the report says of the whole."""
    gallery, suite, whole = {}, plan.suite, plan.whole or plan
    for domain, name in ((plan.pair.source, "source"), (plan.pair.target, "target")):
        if domain:
            gallery[name] = f"gallery/{name}.npy"
            shown = batches.first(domain, suite.split.judged(domain), GALLERY)
            files.write_array(plan.folder / gallery[name], shown)
    before = _described(plan.folder, shared)
    kept = [ON_ONE_NODE] if ON_ONE_NODE in before.get("warnings", ()) else []
    warnings = list(dict.fromkeys([*extractors.left_out, *warnings, *kept]))
    about = {
        "name": suite.name,
        "command": command,
        "budget": plan.runs[0].run.budget,
        "profile": suite.profile,
        "size": suite.size,
        "seeds": list(suite.seeds),
        "models": list(dict.fromkeys(planned.run.label for planned in whole.runs)),
        "frameworks": list(suite.frameworks),
        "runs": [
            *(planned.run.folder for planned in whole.runs),
            *(job.out.name for job in whole.beside),
        ],
        "code": {f"{p.run.model}.{p.run.framework}": p.run.code for p in whole.runs},
        "shard": plan.shard,
        "toml": to_toml(suite),
        "data": plan.data | {"gallery": gallery},
        "environment": environment.describe(None, plan.device),
        "extractors": {"names": extractors.names, "reason": extractors.reason},
        "warnings": warnings,
        "primary": before.get("primary"),
        "price": suite.price,
        "samples": suite.samples,
        "curve_samples": suite.curve_samples,
    }
    if shared:
        about |= _together(plan.folder, before, about)
        about["code"] = before.get("code", {}) | about["code"]
    if shared or TOGETHER in before.get("warnings", ()):
        warnings.append(TOGETHER)
    files.write_text(plan.folder / "suite.toml", to_toml(anchored(suite)))
    record.write_suite(plan.folder, about)


def _described(folder: Path, shared: bool) -> dict[str, Any]:
    """What suite.json says; nothing of a damaged one, unless others go by it: it is made anew."""
    try:
        return record.read_suite(folder) if (folder / "suite.json").exists() else {}
    except InputError:
        if shared:
            raise
        return {}


def _together(folder: Path, before: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """What two commands at work on one suite describe together; InputError if that is two suites.

    Each trains what the other is not at.
    """
    other = [name for name in SHARED if before[name] != about[name]]
    if other:
        raise InputError(
            f"another ganbench is at work in {folder} with other {', '.join(other)}",
            "wait for it, or choose --name NAME",
        )
    lists = ("seeds", "models", "frameworks", "runs")
    return {name: list(dict.fromkeys(before[name] + about[name])) for name in lists}


def _conclude_early(
    plan: Plan, extractors: Extractors, observer: Observer, interrupts: Interrupts
) -> None:
    """Bring the page up to date between two runs; what fails there must not end the others."""
    try:
        _conclude(plan, extractors, observer, interrupts)
    except Exception as error:
        observer.note(f"not judged yet: {first_line(error)}")


def _conclude(
    plan: Plan, extractors: Extractors, observer: Observer, interrupts: Interrupts
) -> tuple[str, ...]:
    """Score what has ended, bring the page up to date; a sentence for each metric that failed."""
    try:
        if interrupts.asked:
            return ()
        return score(plan, extractors, observer, interrupts)
    finally:
        report(plan.folder.parent, plan.suite.name)


def score(
    plan: Plan, extractors: Extractors, observer: Observer, interrupts: Interrupts
) -> tuple[str, ...]:
    """Score the stored samples in a process of its own; as of `_conclude`."""
    problems = _draw_beside(plan, observer, interrupts)
    folders = [*(p.folder for p in plan.runs), *(beside.out for beside in plan.beside)]
    there = tuple(place.name for place in folders if (place / "record.json").exists())
    job = _score_job(plan, extractors, there)

    def on_message(message: dict[str, Any]) -> None:
        if message["kind"] == "problem":
            problems.append(message["message"])
        else:
            observer.scored(message)

    observer.note("judging the samples")
    ended = child_process.run(
        SCORER,
        job,
        on_message,
        lambda: interrupts.tell(observer),
        SCORER_SILENT,
    )
    if interrupts.asked:
        return ()
    if not ended.messages and (ended.at or ended.code < 0 or ended.silent is not None):
        measuring = ended.at and f", measuring {ended.at}"
        raise InputError(
            f"the samples could not be judged: {ended.how()}{measuring}",
            "the same command judges them again, with --samples N fewer of them",
        )
    found = ended.result(Scored)
    for sentence in found.failed:
        observer.warning(sentence)
    with locks.turn(plan.folder):
        description = record.read_suite(plan.folder)
        description["primary"] = found.primary
        description["warnings"] = list(
            dict.fromkeys([*description["warnings"], *problems, *found.failed])
        )
        record.write_suite(plan.folder, description)
    return found.failed


def _score_job(plan: Plan, extractors: Extractors, runs: tuple[str, ...] = ()) -> ScoreJob:
    """What is asked of whoever judges some runs of a plan."""
    suite, source = plan.suite, plan.pair.source
    assert suite.samples and suite.curve_samples
    return ScoreJob(
        folder=plan.folder,
        runs=runs,
        source_folder=source.folder if source else None,
        target_folder=plan.pair.target.folder,
        samples=suite.samples,
        curve_samples=suite.curve_samples,
        metrics=suite.metrics,
        protocol=suite.protocol,
        extractors=extractors.chosen,
        device=plan.device_here,
        plugins=tuple(map(Path, suite.plugins)),
        held_out=suite.held_out,
        judge_on=suite.judge_on,
    )


def _draw_beside(plan: Plan, observer: Observer, interrupts: Interrupts) -> list[str]:
    """Let the models that were trained elsewhere draw what they are judged by; what went wrong.

    Once: what has been drawn stays.
    """
    problems = []
    for job in plan.beside:
        if interrupts.asked or (job.out / "record.json").exists():
            continue
        observer.note(f"{job.label} draws from the same sources")
        ended = child_process.run(
            "ganbench.trained.beside",
            job,
            None,
            lambda: interrupts.tell(observer),
            SCORER_SILENT,
        )
        for message in ended.messages:
            if message["kind"] == "error":
                problems.append(f"{job.label} is not judged: {message['message']}")
        if not ended.messages and not interrupts.asked:
            problems.append(f"{job.label} is not judged: {ended.how()}")
    return problems


def report(results: Path, suite: str | None, **options: Any) -> Path:
    """Build the page from the records; `options` are those of `ganbench.report.build`."""
    from ganbench.report import build

    with locks.turn(results):  # the page that is begun last is the one that stays
        return build(results, suite, **options)
