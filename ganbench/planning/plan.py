"""From a suite to the list of runs: data loaded, models measured, nothing trained."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from ganbench import budget, record
from ganbench.data import load
from ganbench.data.sources.layout import OneSet
from ganbench.data.store import Domain
from ganbench.errors import InputError
from ganbench.jobs import (
    INSPECTOR,
    BesideJob,
    Counts,
    Inspected,
    InspectJob,
    ModelFacts,
    Run,
    TrainJob,
)
from ganbench.memory_forecast import Need
from ganbench.planning.suite import (
    Choice,
    Suite,
    check,
    selected,
    slug,
    with_device_defaults,
    with_metrics_named,
)
from ganbench.system import child_process, frameworks
from ganbench.system.text import shown, spelled
from ganzoo import registry

CHECKPOINT_SECONDS = 60.0  # about the Young/Daly interval for these runs
MESSAGE_SECONDS = 0.5  # between two words of progress
Inspect = Callable[[InspectJob], Inspected]
Found = tuple[load.Side | None, load.Side]  # source and target
FAILED = ("failed", "out_of_memory")
FINISHED = ("done", "diverged", "collapsed")  # not run again without --force


@dataclass(frozen=True)
class Planned:
    """A run, what is known of it beforehand, and how far it has come."""

    run: Run
    folder: Path
    parameters: dict[str, int]
    flop_per_step: int | None
    status: record.Status | None  # None: never begun
    stop_collapsed: bool = False
    memory: Need | None = None  # None: not known
    changed: dict[str, Any] = field(default_factory=dict)  # settings other than the paper's
    extended: tuple[record.Extension, ...] = ()  # what its record says
    continues: Path | None = None  # finished run of a smaller budget that it shall go on from
    head_start: float = 0.0  # the share of the budget that one used

    @property
    def finished(self) -> bool:
        """Is there nothing left to do? A run stopped for its collapse may be wanted to go on."""
        if self.status is None:
            return False
        if self.status.name == "collapsed" and self.status.progress < 1:
            return self.stop_collapsed
        return self.status.name in FINISHED

    @property
    def left(self) -> float:
        """The share of its budget that is still to be trained, 0 to 1."""
        if self.finished:
            return 0.0
        return 1.0 - max(self.head_start, self.status.progress if self.status else 0.0)

    @property
    def failed(self) -> bool:
        """Has it ended without a result, in a way that may not repeat itself?"""
        return self.status is not None and self.status.name in FAILED


@dataclass(frozen=True)
class Plan:
    """Everything `ganbench run` is going to do."""

    suite: Suite  # every field resolved
    device: str
    pair: load.Pair
    folder: Path  # of the suite, below the results folder
    runs: tuple[Planned, ...]
    beside: tuple[BesideJob, ...] = ()  # models trained elsewhere, that are judged too
    whole: "Plan | None" = None  # of the suite, where this is the plan of a shard
    shard: str = ""  # which one: "2/4"
    save_seconds: float | None = None  # between two checkpoints of a run; None: as usual
    judged_on: str | None = None  # device of this machine, where the runs are carried out elsewhere

    @property
    def device_here(self) -> str:
        """What this machine judges and draws on."""
        return self.judged_on or self.device

    @cached_property
    def data(self) -> dict[str, Any]:
        """The pictures as records and report name them."""
        source = {"source": self._described(self.pair.source)} if self.pair.source else {}
        return source | {
            "target": self._described(self.pair.target),
            "flip": self.suite.flip,
            "jitter": self.suite.jitter,
            "judge_on": self.suite.judge_on,
        }

    def _described(self, side: Domain) -> dict[str, Any]:
        """One side, and how much of it is trained on and judged by if that is not all of it."""
        split = self.suite.split
        if not split.held_out:
            return side.describe()
        counts = {"trained": len(split.trained(side)), "judged": len(split.judged(side))}
        return side.describe() | counts

    @cached_property
    def _counts(self) -> Counts:
        """Pictures that are trained on."""
        trained, source = self.suite.split.trained, self.pair.source
        return Counts(len(trained(source)) if source else 0, len(trained(self.pair.target)))

    def job(self, planned: Planned) -> TrainJob:
        """What the worker of a run is told."""
        source, target = self.pair.source, self.pair.target
        wanted = self.save_seconds
        return TrainJob(
            run=planned.run,
            key=planned.run.key,
            suite=self.folder.name,
            folder=planned.folder,
            device=self.device,
            threads=self.suite.threads,
            stop_collapsed=self.suite.stop_collapsed,
            checkpoint_seconds=CHECKPOINT_SECONDS if wanted is None else wanted,
            message_seconds=MESSAGE_SECONDS,
            source_folder=source.folder if source else None,
            target_folder=target.folder,
            counts=self._counts,
            data=self.data,
            parameters=planned.parameters,
            flop_per_step=planned.flop_per_step,
            memory=planned.memory,
            ranks=self.suite.ranks or 1,
            sync_batchnorm=self.suite.sync_batchnorm,
            eager=self.suite.eager,
            deterministic=self.suite.deterministic,
        )


@dataclass(frozen=True)
class _Entry:
    """A model of the suite, what is changed on it, and what a process has found out about it."""

    model: registry.Model
    choice: Choice
    facts: ModelFacts

    @property
    def alike(self) -> tuple[str, str]:
        """The same for a model and its twin in the other framework."""
        return self.model.name, json.dumps(self.facts.settings, sort_keys=True)


def make(
    suite: Suite,
    results: Path,
    on_progress: Callable[[str, int, int], None],
    force: bool = False,
    before_runs: Callable[[str], None] = lambda name: None,
    inspect: Inspect | None = None,
) -> Plan:
    """Resolve `suite`; InputError for anything that cannot work, before anything is written.

    With `force` no run counts as begun, whatever its record says. `before_runs` is called with the
    suite's name before it is looked at what there is of its runs. `inspect` asks another machine,
    where the runs are to be carried out, what its models are and what it has.
    """
    suite = with_metrics_named(suite)
    check(suite)
    models = selected(suite)
    found = _found(suite, models)
    _check_place(results)
    device, entries = _inspected(suite, models, on_progress, inspect or inspect_here)
    asked = suite.samples
    suite = with_device_defaults(suite, device)
    if len(suite.frameworks) > 1 and not suite.threads:  # each has a default of its own
        suite = replace(suite, threads=_cores())
    assert suite.size and suite.budget
    found = found or _find(suite, {entry.model.name: entry.facts.source for entry in entries})
    pair = load.prepare(found, suite.size, on_progress, suite.limit)
    for side in pair.domains:
        suite.split.check(side)
    suite = replace(suite, name=suite.name or slug(title(suite)) or "results")
    suite = _with_samples(suite, asked, pair, entries)
    folder = results / suite.name
    before_runs(suite.name)
    return Plan(suite, device, pair, folder, _runs(suite, device, entries, pair, folder, force))


def _check_place(results: Path) -> None:
    """InputError for a name that no file of ours could hold."""
    if spelled(str(results.resolve())) != str(results.resolve()):
        raise InputError(
            f"the results folder {shown(spelled(str(results)))} has a name that is not UTF-8",
            "--results FOLDER",
        )


def _runs(
    suite: Suite,
    device: str,
    entries: list[_Entry],
    pair: load.Pair,
    folder: Path,
    force: bool,
) -> tuple[Planned, ...]:
    """Cross models and seeds; what was asked for twice is run once."""
    runs: dict[str, Planned] = {}
    for entry in entries:
        for seed in suite.seeds:
            run = _run(suite, device, entry, pair, seed)
            place, facts = folder / run.folder, entry.facts
            before = None if force else record_of(place)
            runs[run.key] = Planned(
                run,
                place,
                facts.parameters,
                facts.flop_per_step,
                before.status if before else None,
                suite.stop_collapsed,
                facts.memory,
                facts.changed,
                before.extended if before else (),
            )
    _check_labels([planned.run for planned in runs.values()])
    return tuple(runs.values())


def _run(suite: Suite, device: str, entry: _Entry, pair: load.Pair, seed: int) -> Run:
    assert suite.size and suite.budget and suite.samples and suite.curve_samples
    return Run(
        model=entry.model.name,
        address=entry.model.address,
        framework=entry.model.framework,
        label=entry.choice.label,
        source=entry.facts.source,
        settings=entry.facts.settings,
        seed=seed,
        budget=str(budget.parse(suite.budget)),
        size=suite.size,
        flip=suite.flip,
        jitter=suite.jitter,
        data=(pair.source.fingerprint if pair.source else "", pair.target.fingerprint),
        samples=suite.samples,
        curve_samples=suite.curve_samples,
        snapshots=suite.snapshots,
        frames=suite.frames,
        device=device.partition(":")[0],
        code=entry.facts.code,
        held_out=suite.held_out,
        judge_on=suite.judge_on,
        norm_parts=entry.facts.norm_parts,
    )


def _found(suite: Suite, models: list[tuple[registry.Model, Choice]]) -> Found | None:
    """Where the pictures are, before a framework is started; None if that must be asked first.

    An installed plugin says what its models start from only when it is imported.
    """
    starts = {model.name: model.source for model, _ in models}
    return _find(suite, starts) if all(starts.values()) else None


def _find(suite: Suite, starts: dict[str, str]) -> Found:
    """Where the pictures are, for models that start from noise or from pictures."""
    noise = [name for name, source in starts.items() if source == "noise"]
    try:
        return load.find(
            suite.data,
            suite.source,
            suite.target,
            suite.swap,
            noise_only=len(noise) == len(starts),
        )
    except OneSet as error:
        some = 0 < len(noise) < len(starts)
        hint = f"; from one set: --models {','.join(noise)}" if some else ""
        raise InputError(str(error), f"{error.hint}{hint}") from None


def _inspected(
    suite: Suite,
    asked: list[tuple[registry.Model, Choice]],
    on_progress: Callable[[str, int, int], None],
    inspect: Inspect,
) -> tuple[str, list[_Entry]]:
    """Ask one process a framework what its models are: the device, and all in order."""
    found: dict[int, ModelFacts] = {}
    devices: dict[str, str] = {}
    for framework in dict.fromkeys(model.framework for model, _ in asked):
        places = [i for i, (model, _) in enumerate(asked) if model.framework == framework]
        models = tuple((asked[i][0], asked[i][1].settings) for i in places)
        job = InspectJob(
            *(framework, suite.device, suite.size, suite.profile, models),
            *(suite.ranks or 1, suite.sync_batchnorm, suite.threads),
        )
        on_progress(f"models in {framework}", 0, len(models))
        answer = inspect(job)
        on_progress(f"models in {framework}", len(models), len(models))
        devices[framework] = answer.device
        found |= zip(places, answer.models, strict=True)
    _check_devices(devices)
    entries = [_Entry(*asked[i], found[i]) for i in range(len(asked))]
    return next(iter(devices.values())), _with_work(entries)


def inspect_here(job: InspectJob) -> Inspected:
    """What a process on this machine says of models; InputError names the one that ended it."""
    ended = child_process.run(INSPECTOR, job)
    if not ended.messages and ended.at:
        raise InputError(
            f"{ended.at} cannot be looked at: {ended.how()}", "ganbench check shows where it ends"
        )
    return ended.result(Inspected)


def best_device_here() -> str:
    """Asked of a process that imports PyTorch."""
    return inspect_here(InspectJob("pytorch", None, None, None, ())).device


def _cores() -> int:
    """Physical cores that we may use."""
    return min(psutil.cpu_count(logical=False) or 1, frameworks.usable_cores())


def _check_devices(devices: dict[str, str]) -> None:
    """Refuse frameworks on different devices: their seconds could not be compared."""
    if len(set(devices.values())) > 1:
        where = ", ".join(f"{framework} {device}" for framework, device in devices.items())
        raise InputError(
            f"the frameworks would use different devices ({where})",
            'pip install "tensorflow[and-cuda]", or --device cpu',
        )


def _with_work(entries: list[_Entry]) -> list[_Entry]:
    """Give a twin what was counted on its PyTorch model: operations and memory of a step."""
    ours = [entry for entry in entries if entry.model.origin == "built in"]
    counted = {entry.alike: entry.facts for entry in ours if entry.facts.flop_per_step is not None}
    made = []
    for entry in entries:
        if entry in ours and entry.facts.flop_per_step is None and entry.alike in counted:
            work = counted[entry.alike]
            facts = replace(entry.facts, flop_per_step=work.flop_per_step, memory=work.memory)
            entry = replace(entry, facts=facts)
        made.append(entry)
    return made


def title(suite: Suite) -> str:
    """What people call the data."""
    if suite.source and suite.target:
        return f"{_called(suite.source)} to {_called(suite.target)}"
    pictures = suite.target or suite.data
    return _called(pictures) if pictures else "scenes"


def _called(pictures: str) -> str:
    """The name of a folder, dots and all, or of a file without its ending."""
    place = Path(pictures).resolve()
    return place.name if place.is_dir() else place.stem


def _with_samples(suite: Suite, asked: int | None, pair: load.Pair, entries: list[_Entry]) -> Suite:
    """Hold the number of samples against the source; a default gives way, a wish does not."""
    wanted = suite.samples or 0
    there = len(suite.split.judged(pair.source)) if pair.source else wanted
    if wanted > there and any(entry.facts.source == "pictures" for entry in entries):
        if asked is not None:
            more = ", or a larger --limit" if pair.source and pair.source.taken_of else ""
            raise InputError(
                f"{asked} samples are asked of each model, but there are only {there} source"
                " pictures to judge by",
                f"--samples {there}{more}",
            )
        wanted = there
    return replace(suite, samples=wanted, curve_samples=min(suite.curve_samples or wanted, wanted))


def status_of(folder: Path) -> record.Status | None:
    """How far the run in `folder` has come; as for `record_of`."""
    found = record_of(folder)
    return found.status if found else None


def record_of(folder: Path) -> record.Record | None:
    """What the run in `folder` left; None: never begun, or its record is damaged.

    InputError for a record of another format: it is whole, and not ours to write over.
    """
    if not (folder / "record.json").exists():
        return None
    try:
        return record.read(folder)
    except record.OtherFormatError as error:
        raise InputError(str(error), f"update ganbench, or remove {folder}") from None
    except InputError:
        return None


def _check_labels(runs: list[Run]) -> None:
    """Refuse two different models under one label: a table could not tell them apart."""
    seen: dict[tuple[str, str], Run] = {}
    for run in runs:
        other = seen.setdefault((run.label, run.framework), run)
        if other.settings != run.settings or other.model != run.model:
            raise InputError(f'two different models are called "{run.label}"', "give each a label")


def disk_bytes(plan: Plan) -> int:
    """About how much the results will take: samples, film and checkpoints."""
    suite = plan.suite
    assert suite.size and suite.samples and suite.curve_samples
    pictures = suite.samples + suite.curve_samples * (suite.snapshots - 1) + 16 * suite.frames
    averaged = [p for p in plan.runs if p.run.settings.get("ema")]  # drawn with either weights
    drawn = len(plan.runs) * pictures + len(averaged) * suite.samples
    # Weights and Adam's two moments, in the checkpoint and the one before it.
    states = sum(sum(p.parameters.values()) * 4 * 3 * 2 for p in plan.runs)
    return states + drawn * suite.size**2 * 3
