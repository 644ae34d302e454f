"""`ganbench import`: a generator that was trained elsewhere becomes a run.

Its file is read, held against the network that its shapes speak of, and written as a checkpoint as
training writes it: in a process that meets one framework alone and runs nothing of the file.
"""

import hashlib
import importlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import record
from ganbench.errors import InputError
from ganbench.jobs import Imported, ImportJob
from ganbench.system import child_process, environment, files, frameworks
from ganbench.system.text import shown
from ganbench.system.user_errors import USER_ERRORS
from ganbench.training import checkpoint
from ganzoo import keras_names, official_names, registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

MODELS = ("cyclegan-resnet", "cyclegan-unet", "dcgan")
SUITE = "imported"  # folder below the results
GENERATOR, BACK = "G", "F"
UNET = "--as cyclegan-unet"
NO_FRAMEWORK = "leave --framework out, then: ganbench convert RUN --to tensorflow"


def bring_in(
    file: Path,
    model: str,
    results: Path,
    name: str | None = None,
    size: int | None = None,
    back: Path | None = None,
    framework: str = "pytorch",
) -> Imported:
    """Write the run of `file` to RESULTS/imported/NAME; InputError when it does not fit."""
    if model not in MODELS:
        raise InputError(f'there is no import as "{shown(model)}"', f"--as {' or '.join(MODELS)}")
    if back and model == "dcgan":
        raise InputError("dcgan draws from noise and has no way back", "leave --back out")
    (found,) = registry.select(model, framework=framework)
    frameworks.require(framework)
    origin = {"file": shown(file.name), "sha256": _digest(file), "format": _format(file)}
    if back:
        origin |= {"back": shown(back.name), "back_sha256": _digest(back)}
    words = [model, framework, str(size), origin["sha256"], origin.get("back_sha256", "")]
    key = hashlib.sha256(" ".join(words).encode()).hexdigest()[:8]
    called = name or f"{model}.{framework}-{_plain(file)}-{key}"
    if called != Path(called).name or called.startswith("."):
        raise InputError(f"{shown(called)} is no name of one folder", "--name my-generator")
    place = files.inside(results / SUITE, called)
    if place.exists():
        raise InputError(f"{place} is there already", "remove it, or give another: --name")
    files.check_writable(results)
    job = ImportJob(found, file, back, size, place, origin, key)
    return child_process.run("ganbench.trained.import_weights", job).result(Imported)


def _digest(file: Path) -> str:
    try:
        return files.sha256(file)
    except FileNotFoundError:
        raise InputError(f"there is no file {file}") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{file} cannot be read ({why})") from None


def _format(file: Path) -> str:
    """By its first bytes: HDF5 and Keras' zip are Keras', all else is torch.save's."""
    return "keras" if keras_names.is_keras(file) else "pth"


def _plain(file: Path) -> str:
    """A file's name as part of a folder's."""
    stem = file.name.partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_]+", "-", stem).strip("-")[:60] or "weights"


def work(job: ImportJob, channel: child_process.Channel) -> Imported:
    """Read, fit, write."""
    model = job.model
    found = _understood(job.file, job)  # first: a framework takes seconds to start
    frameworks.prepare(model.framework)
    size = job.size or found.size
    kind: Any = registry.load(model)
    with _told_of(job.file):
        settings = resolve(kind.Settings, model.name, found.changes)
        settings.check(size)
    trainer = kind(settings, Task(size))
    arrays, notes = {GENERATOR: _named(job.file, found, settings, size)}, list(found.notes)
    if job.back:
        other = _understood(job.back, job)
        if other.changes != found.changes:
            raise InputError(f"{job.back} is another network than {job.file}: {other.changes}")
        arrays[BACK] = _named(job.back, other, settings, size)
    elif trainer.source == "pictures":
        notes.append("F, from paintings to photographs, is as it was made: --back FILE brings it")
    _put_in(trainer, arrays, job)
    parameters = {name: _count(values) for name, values in arrays.items()}
    _write(job, trainer, settings, size, parameters)
    changed = {k: v for k, v in found.changes.items() if v != getattr(kind.Settings(), k)}
    return Imported(job.out, model.name, model.framework, size, changed, parameters, tuple(notes))


@contextmanager
def _told_of(file: Path) -> Iterator[None]:
    """A clause about a file becomes a sentence that begins with its name."""
    try:
        yield
    except USER_ERRORS as error:
        raise InputError(f"{file}: {error}", error.hint) from None


@dataclass(frozen=True)
class _Read:
    """What a file holds, and how it is brought under our names."""

    changes: dict[str, Any]  # of the official settings
    size: int
    notes: tuple[str, ...]
    named: Callable[[Any, int], dict[str, np.ndarray]]  # by settings and size


def _understood(file: Path, job: ImportJob) -> _Read:
    model = job.model.name
    with _told_of(file):
        if _format(file) == "keras":
            if model != "cyclegan-unet":
                raise InputError("of Keras' files the tutorials' U-Net is taken", UNET)
            made = keras_names.read(file)
            return _Read(made.changes, made.size, made.notes, lambda settings, size: made.arrays)
        if job.model.framework == "tensorflow":
            raise InputError("it is no file of Keras, and PyTorch reads it", NO_FRAMEWORK)
        pth: Any = importlib.import_module("ganzoo.pytorch.exchange.pth")
        state = pth.read(file)
        found = official_names.inferred(model, {k: v.shape for k, v in state.items()})

        def named(settings: Any, size: int) -> dict[str, np.ndarray]:
            names = official_names.layout(model, settings, size, **found.layout_options)
            return official_names.to_ours(state, names)

        return _Read(found.changes, found.size, found.notes, named)


def _named(file: Path, read: _Read, settings: Any, size: int) -> dict[str, np.ndarray]:
    with _told_of(file):
        return read.named(settings, size)


def _put_in(trainer: Any, arrays: dict[str, dict[str, np.ndarray]], job: ImportJob) -> None:
    """Load the arrays into the trainer's networks, each where one of its shape is."""
    from safetensors.numpy import load_file, save_file

    with tempfile.TemporaryDirectory() as folder:
        trainer.save(Path(folder))
        path = Path(folder) / "state.safetensors"
        state = load_file(path)
        for network, values in arrays.items():
            file = job.back if network == BACK and job.back else job.file
            prefix = f"network/{network}/"
            own = {name[len(prefix) :] for name in state if name.startswith(prefix)}
            own = {name for name in own if not name.endswith(official_names.COUNT)}
            for name in sorted(own ^ values.keys()):
                raise InputError(f"{file} does not fit {job.model.name}: {name} has no counterpart")
            for name, value in values.items():
                if value.shape != (wanted := state[prefix + name].shape):
                    raise InputError(
                        f"{file} does not fit {job.model.name}: {name} is {value.shape}"
                        f" where {wanted} is needed"
                    )
                state[prefix + name] = np.ascontiguousarray(value, np.float32)
        save_file(state, path)
        trainer.load(Path(folder))


def _count(arrays: dict[str, np.ndarray]) -> int:
    learnt = (v for name, v in arrays.items() if ".running_" not in name)
    return sum(value.size for value in learnt)


def _write(
    job: ImportJob, trainer: Any, settings: Any, size: int, parameters: dict[str, int]
) -> None:
    """The run's folder: checkpoint and record, moved in place when both are whole."""
    model = job.model
    written = record.Record(
        key=job.key,
        model=model.name,
        label=model.name,
        framework=model.framework,
        source=trainer.source,
        seed=0,
        suite=SUITE,
        size=size,
        budget="0step",
        settings=asdict(settings),
        data={},
        environment=environment.describe(model.framework, "cpu"),
        status=record.Status("imported"),
        cost=record.Cost(parameters=parameters),
        imported=job.origin,
    )
    with files.building(job.out) as draft:
        checkpoint.save(draft, trainer.save, {"steps": 0})
        record.write(draft, written)


if __name__ == "__main__":
    child_process.serve(ImportJob, work)
