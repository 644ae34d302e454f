"""`ganbench convert`: a trained checkpoint becomes one of the other framework.

Both frameworks write weights under the same names and in the same layout, so the process of the
target framework reads the checkpoint, draws the probes again and writes what it holds.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import plugins, record
from ganbench.data import batches
from ganbench.errors import InputError
from ganbench.jobs import ConvertJob, PictureDifference
from ganbench.system import child_process, environment, files, frameworks
from ganbench.training import checkpoint
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task, count_parameters


@dataclass(frozen=True)
class Converted:
    """Where the new run lies and how far its pictures are from the old one's."""

    place: Path
    step: int
    pictures: PictureDifference


def convert(run: Path, to: str, out: Path | None, plugin_files: tuple[Path, ...]) -> Converted:
    """Write the last checkpoint of `run` as one of the framework `to`.

    InputError when the model has no twin there, or the run no sound checkpoint.
    """
    read = record.read(run)
    if to not in registry.FRAMEWORKS:
        raise InputError(f'there is no framework "{to}"', f"--to {_other(read.framework)}")
    if read.framework == to:
        raise InputError(f"{run} is a {to} run already", f"--to {_other(to)}")
    twin = _twin(read.model, to, plugin_files)
    frameworks.require(to)
    found = checkpoint.find(run)
    if found is None:
        raise InputError(f"{run} has no checkpoint")
    default = f"{read.model}.{to}-seed{read.seed}-{read.key}-from-{read.framework}"
    place = out or files.inside(run.resolve().parent, default)
    if place.exists():
        raise InputError(f"{place} is there already", "remove it, or choose another place: --out")
    path, state, _ = found
    job = ConvertJob(twin, run, path, place, state)
    ended = child_process.run("ganbench.training.convert_checkpoint", job)
    return Converted(place, state["steps"], ended.result(PictureDifference))


def _other(framework: str) -> str:
    return next(other for other in registry.FRAMEWORKS if other != framework)


def _twin(model: str, framework: str, plugin_files: tuple[Path, ...]) -> registry.Model:
    """The model of the same name, and no other, in the other framework."""
    found = registry.select(model, plugins.with_models(plugin_files), framework)
    if [twin.name for twin in found] != [model]:
        raise InputError(f"{model} does not come in {framework}")
    return found[0]


def work(job: ConvertJob, channel: child_process.Channel) -> PictureDifference:
    """Load, draw, compare, write: in a process that meets the target framework alone."""
    read, twin = record.read(job.run), job.model
    frameworks.prepare(twin.framework)
    kind = registry.load(twin)
    settings = resolve(kind.Settings, twin.name, read.settings)
    trainer = kind(settings, Task(read.size, read.seed))
    trainer.load(job.checkpoint)
    views, apart = _drawn_again(trainer, job.run, read)
    with files.building(job.out) as draft:
        for name, pictures in views.items():
            files.write_array(draft / "views" / f"{name}.npy", pictures)
        fresh: dict[str, Any] = {"snapshots": [], "film": [], "first_losses": {}, "sha256": {}}
        kept = {name: value for name, value in job.state.items() if name != "history"}
        checkpoint.save(draft, trainer.save, kept | fresh)
        named = {name: f"views/{name}.npy" for name in views}
        digests = {file: files.sha256(draft / file) for file in named.values()}
        record.write(draft, _record(read, twin.framework, trainer, named, digests))
    mean = float(apart.mean()) if len(apart) else 0.0
    return PictureDifference(len(apart), int(apart.max(initial=0)), mean)


def _drawn_again(
    trainer: Any, run: Path, read: record.Record
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What the model makes of the run's probes, and how far that is from what the run made.

    Nothing of a run that did not come to its end.
    """
    if "output" not in read.views:
        return {}, np.zeros(0)
    before = record.array(run, read, read.views["output"]).astype(int)
    if read.source == "noise":
        latent = int(read.settings["latent"])
        views = {"output": trainer.generate(batches.probe_latents(len(before), latent))}
    else:
        probes = record.array(run, read, read.views["input"])
        views = {"input": probes, "output": trainer.generate(probes)}
    return views, np.abs(before - views["output"])


def _record(
    read: record.Record,
    framework: str,
    trainer: Any,
    views: dict[str, str],
    digests: dict[str, str],
) -> record.Record:
    """The run's record, less everything that was measured on the other framework's pictures."""
    return replace(
        read,
        framework=framework,
        converted_from=read.framework,
        environment=environment.describe(framework, "cpu", read.settings.get("precision", "fp32")),
        cost=record.Cost(parameters=count_parameters(trainer)),
        snapshots=(),
        film=(),
        views=views,
        sha256=digests,
        scores={},
        raw_scores={},
        curve=(),
        evidence={},
        first_losses={},
    )


if __name__ == "__main__":
    child_process.serve(ConvertJob, work)
