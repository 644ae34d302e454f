"""Models that were trained elsewhere, judged beside a suite's: `ganbench run --beside RUN`.

Such a model draws from the suite's sources, is scored by the suite's judges and stands in its table
as imported: under no budget of the suite, it is compared with none.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.data import batches
from ganbench.data.split import Split
from ganbench.data.store import open_domain
from ganbench.errors import InputError
from ganbench.jobs import BesideJob, Run
from ganbench.planning.plan import Plan
from ganbench.system import child_process, environment, files
from ganbench.trained import load_model, trained_run
from ganbench.trained.trained_run import TrainedRun
from ganbench.training.failure_watch import Watch, scale
from ganbench.training.parent import Parent
from ganbench.training.snapshots import PROBE, Kept, Snapshots
from ganzoo.trainer import count_parameters

OF_F = ("back", "reverse", "reverse_back")  # views that F takes part in


def consider(plan: Plan) -> Plan:
    """The plan with the models that its suite names; InputError where one cannot be judged."""
    found: dict[Path, BesideJob] = {}
    for text in plan.suite.beside:
        job = _job(plan, trained_run.find(text))
        if job.out in {planned.folder for planned in plan.runs}:
            raise InputError(f"{text} is a run of this suite already", "leave --beside out")
        if any(other.label == job.label for other in found.values() if other.out != job.out):
            raise InputError(f"two models beside are called {job.label}", "rename one's folder")
        found[job.out] = job
    return replace(plan, beside=tuple(found.values()))


def _job(plan: Plan, run: TrainedRun) -> BesideJob:
    suite, pair, size = plan.suite, plan.pair, run.record.size
    if run.folder.resolve().parent == plan.folder.resolve():
        raise InputError(f"{run.folder} is a run of this suite already", "leave --beside out")
    if size != suite.size:
        raise InputError(
            f"{run.folder} draws {size} px, and this suite is of {suite.size}", f"--size {size}"
        )
    if run.translates and pair.source is None:
        raise InputError(
            f"{run.folder} translates photographs, and this suite has none", "--data, with two sets"
        )
    model = run.model(tuple(map(Path, suite.plugins)), plan.device_here)
    assert suite.samples
    state = files.sha256(run.checkpoint / "state.safetensors") if _plain(run) else run.record.key
    origin = run.record.imported or {"file": run.name, "sha256": state, "format": "ganbench"}
    sources = (pair.source.fingerprint if pair.source else "", pair.target.fingerprint)
    decisive = [run.name, state, *sources, suite.samples, suite.held_out, suite.judge_on]
    key = hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:8]
    return BesideJob(
        trained=model,
        run=run.folder,
        out=files.inside(plan.folder, f"beside-{run.name}-{key}"),
        label=f"{run.name} (imported)",
        key=key,
        has_back=run.has_back,
        origin=origin,
        source_folder=pair.source.folder if pair.source else None,
        target_folder=pair.target.folder,
        samples=suite.samples,
        data=plan.data,
        held_out=suite.held_out,
        judge_on=suite.judge_on,
        device=plan.device_here,
    )


def _plain(run: TrainedRun) -> bool:
    return (run.checkpoint / "state.safetensors").is_file()


def work(job: BesideJob, channel: child_process.Channel) -> None:
    """Draw, and leave a record, moved in place when both are whole."""
    trainer: Any = load_model.load(job.trained)
    read, split = record.read(job.run), Split(job.held_out, job.judge_on)
    target = open_domain(job.target_folder)
    probes: Any
    if read.source == "noise":
        probes = batches.probe_latents(job.samples, job.trained.settings["latent"])
    else:
        assert job.source_folder
        source = open_domain(job.source_folder)
        order = batches.ordered(source, split.judged(source))
        probes = batches.Probes(source.pictures, order[: job.samples])
    real = batches.first(target, split.judged(target), PROBE)
    with files.building(job.out) as draft:
        kept, watch = Kept(), Watch(scale(real, None))
        parent = Parent(draft, channel)
        drawing = Snapshots(_run(job, read), draft, kept, trainer, probes, watch, parent)
        step = read.status.step
        moment = drawing.keep("samples", len(probes), record.Moment(step, 1.0, 0.0, 0, ""))
        drawing.show(real)
        for name in OF_F if not job.has_back else ():
            if file := kept.views.pop(name, ""):
                kept.sha256.pop(file)
                files.remove(draft / file)
        record.write(draft, _record(job, read, trainer, kept, moment))


def _run(job: BesideJob, read: record.Record) -> Run:
    """What `Snapshots` asks of a run."""
    model = job.trained.model
    return Run(
        model=model.name,
        address=model.address,
        framework=model.framework,
        label=job.label,
        source=read.source,
        settings=job.trained.settings,
        seed=read.seed,
        budget=read.budget,
        size=read.size,
        flip=False,
        jitter=0.0,
        data=("", ""),
        samples=job.samples,
        curve_samples=job.samples,
        snapshots=1,
        frames=2,
        device=job.device,
        code="",
    )


def _record(
    job: BesideJob, read: record.Record, trainer: Any, kept: Kept, moment: record.Moment
) -> record.Record:
    """The run's record, less all that is said of its training: it was no part of this suite."""
    model = job.trained.model
    networks = {"G", "F"} if job.has_back else {"G"}
    counted = {k: v for k, v in count_parameters(trainer).items() if k in networks}
    return record.Record(
        key=job.key,
        model=model.name,
        label=job.label,
        framework=model.framework,
        source=read.source,
        seed=read.seed,
        suite=job.out.parent.name,
        size=read.size,
        budget=read.budget,
        settings=job.trained.settings,
        data=job.data,
        environment=environment.describe(model.framework, job.device),
        status=record.Status("imported", read.status.step),
        cost=record.Cost(parameters=counted),
        snapshots=(moment,),
        views=kept.views,
        imported=job.origin,
        sha256=kept.sha256,
    )


if __name__ == "__main__":
    child_process.serve(BesideJob, work)
