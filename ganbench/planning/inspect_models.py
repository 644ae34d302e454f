"""A process that builds models, to say what they are before anything is trained.

PyTorch builds them without memory, TensorFlow for real, one after the other.
"""

import hashlib
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import numpy as np

import ganzoo
from ganbench.errors import InputError
from ganbench.jobs import Inspected, InspectJob, ModelFacts
from ganbench.memory_forecast import Need
from ganbench.planning import fastest_precision
from ganbench.planning.suite import Suite, with_device_defaults
from ganbench.system import available_memory, child_process, frameworks
from ganzoo import registry
from ganzoo.errors import InputError as ModelError
from ganzoo.errors import raised_at
from ganzoo.settings import resolve
from ganzoo.trainer import Task, count_parameters

if TYPE_CHECKING:
    from ganbench.planning.meta_memory import Peak

NO_PART_OF_A_MODEL = ("gradient_check.py", "capture_check.py", "tape.py")


def describe(job: InspectJob, channel: child_process.Channel) -> Inspected:
    """Resolve the device and, for each model of one framework, settings, parameters and work."""
    frameworks.require(job.framework)
    device = frameworks.choose_device(job.framework, job.device)
    frameworks.check_ranks(device, job.ranks)
    frameworks.prepare(job.framework, job.threads)  # on the CPU: nothing is trained here
    asked = Suite(
        size=job.size, profile=job.profile, ranks=job.ranks, sync_batchnorm=job.sync_batchnorm
    )
    suite = with_device_defaults(asked, device)
    there = available_memory.available(job.framework, device)
    models = []
    for model, changes in job.models:
        channel.send(child_process.NOW, name=model.name)  # should it end this process
        models.append(_describe(model, changes, suite, device, there))
    return Inspected(device, tuple(models))


def _describe(
    model: registry.Model, overrides: dict[str, Any], suite: Suite, device: str, there: int | None
) -> ModelFacts:
    kind = registry.load(model)
    if device.startswith("cuda") and "auto" in get_args(_hint(kind.Settings, "precision")):
        overrides = {"precision": "auto", **overrides}  # as PyTorch itself has it there, nearly
    settings = resolve(kind.Settings, model.name, overrides, suite.profile or "official")
    assert suite.size
    if hasattr(settings, "check"):
        settings.check(suite.size)
    norm_parts, code = _norm_parts(model, kind, settings, suite), _code(kind)
    settings = fastest_precision.settled(kind, settings, suite.size, device, code)
    found = _measure(model, kind, settings, suite.size)
    need = found.memory and Need(**found.memory, available=there)
    work = found.flop_per_step
    usual = vars(resolve(kind.Settings, model.name, {}))  # the papers'
    changed = {name: value for name, value in vars(settings).items() if value != usual[name]}
    return ModelFacts(
        *(kind.source, vars(settings), found.parameters, work, need or None, code),
        *(changed, norm_parts),
    )


def _hint(settings: type, name: str) -> Any:
    """Of which type a field is; None if there is no such field."""
    return get_type_hints(settings).get(name)


def _norm_parts(model: registry.Model, kind: Any, settings: Any, suite: Suite) -> int:
    """As of Run; InputError for a model that so many ranks cannot train."""
    ranks = suite.ranks or 1
    if ranks == 1:
        return 1
    if not hasattr(kind, "check_ranks"):
        raise InputError(
            f"{model.name} cannot be trained by several ranks: its step does not average gradients",
            "leave --ranks out; docs/how-to/several-gpus.md says what a plugin needs",
        )
    kind.check_ranks(settings, ranks, suite.sync_batchnorm)
    return ranks if kind.has_batch_norm(settings) and not suite.sync_batchnorm else 1


def _code(kind: Any) -> str:
    """Hash of the model's file, of the package it lies in, and of all that ours lends to it."""
    package = Path(ganzoo.__file__).parent
    lent = [package / "settings.py", package / "draws.py"]
    lent += sorted(package.glob(f"{kind.framework}/*.py"))
    digest = hashlib.sha256()
    for file in (Path(inspect.getfile(kind)), *_beside(kind), *lent):
        if file.name not in NO_PART_OF_A_MODEL:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _beside(kind: Any) -> Iterator[Path]:
    """The other files of the package that somebody's model comes in."""
    top = kind.__module__.partition(".")[0]
    for folder in getattr(sys.modules.get(top), "__path__", ()) if top != "ganzoo" else ():
        yield from sorted(Path(folder).rglob("*.py"))


@dataclass(frozen=True)
class Measured:
    """What a model is; None where it cannot be known without training."""

    parameters: dict[str, int]  # by network
    flop_per_step: int | None = None
    memory: dict[str, int] | None = None  # as of Need, but for what there is


def _measure(model: registry.Model, kind: Any, settings: Any, size: int) -> Measured:
    """Parameters by network and, in PyTorch, operations and memory of a step."""
    try:
        if kind.framework == "pytorch" and (found := measure_on_meta(kind, settings, size)):
            return found
        return Measured(count_parameters(kind(settings, Task(size))))
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        file = inspect.getfile(kind) if model.origin != "built in" else ""
        place = raised_at(error, file) if file else ""
        words = f"{type(error).__name__}: {error}" + (f" ({place})" if place else "")
        raise InputError(f"{model.name} cannot be built: {words}") from error


def measure_on_meta(kind: Any, settings: Any, size: int) -> Measured | None:
    """Measure without memory; None for what needs real numbers: its work cannot be counted."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from ganbench.planning import meta_memory

    batch = blank_batch(kind, settings, size)
    try:
        with torch.device("meta"), meta_memory.Ledger() as ledger:
            trainer = kind(settings, Task(size, 0, "meta"))
            standing = meta_memory.settle(trainer, batch, ledger)
            with FlopCounterMode(display=False) as counter:
                peak = meta_memory.step(trainer, batch, ledger, standing)
    except ModelError:
        raise
    except (Exception, SystemExit):
        return None
    return Measured(count_parameters(trainer), counter.get_total_flops(), _memory(peak, settings))


def _memory(peak: "Peak", settings: Any) -> dict[str, int] | None:
    """What a step takes; None without tensors, and in mixed precision, which meta does not know."""
    if not peak.parameters or getattr(settings, "precision", "fp32") == "bf16":
        return None
    return {
        "parameters": peak.parameters,
        "optimizer": peak.optimizer,
        "activations": peak.activations,
        "remembered": peak.left,
        "fixed": peak.parameters + peak.most_optimizer + peak.left,
        "per_picture": peak.most_activations // settings.batch,
    }


def blank_batch(kind: Any, settings: Any, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A source and a target of the right shapes."""
    target = np.zeros((settings.batch, size, size, 3), np.uint8)
    if kind.source == "noise":
        return np.zeros((settings.batch, settings.latent), np.float32), target
    return target, target


if __name__ == "__main__":
    child_process.serve(InspectJob, describe)
