"""A process that builds models, to say what they are before anything is trained.

PyTorch builds them without memory, TensorFlow for real, one after the other.
"""

import hashlib
import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np

import ganzoo
from ganbench import frameworks, processes
from ganbench.errors import InputError
from ganbench.suite import Suite, from_values, with_device_defaults
from ganzoo import registry
from ganzoo.errors import InputError as ModelError
from ganzoo.settings import resolve
from ganzoo.trainer import Task, Trainer


def describe(job: dict[str, Any], channel: processes.Channel) -> processes.Message:
    """Resolve the device and, for each model of one framework, settings, parameters and work."""
    suite = from_values(job["suite"], "the suite")
    frameworks.require(job["framework"])
    device = frameworks.choose_device(job["framework"], suite.device)
    frameworks.prepare(job["framework"])  # on the CPU: nothing is trained here
    suite = with_device_defaults(suite, device)
    models = [
        _describe(registry.Model(**item["model"]), item["settings"], suite)
        for item in job["models"]
    ]
    return {"device": device, "models": models}


def _describe(model: registry.Model, overrides: dict[str, Any], suite: Suite) -> dict[str, Any]:
    kind = registry.load(model)
    settings = resolve(kind.Settings, model.name, overrides, suite.profile == "small")
    assert suite.size
    if hasattr(settings, "check"):
        settings.check(suite.size)
    parameters, flop = _measure(model, kind, settings, suite.size)
    return {
        "source": kind.source,
        "settings": vars(settings),
        "parameters": parameters,
        "flop_per_step": flop,
        "code": _code(kind),
    }


def _code(kind: Any) -> str:
    """Hash of the model's file and of all that this package lends to it."""
    package = Path(ganzoo.__file__).parent
    shared = sorted(package.glob(f"{kind.framework}/*.py"))
    digest = hashlib.sha256()
    common = (package / "settings.py", package / "draws.py")
    for file in (Path(inspect.getfile(kind)), *common, *shared):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _measure(
    model: registry.Model, kind: Any, settings: Any, size: int
) -> tuple[dict[str, int], int | None]:
    """Parameters by network and, in PyTorch, operations of a step."""
    try:
        if kind.framework == "pytorch" and (counted := _count_on_meta(kind, settings, size)):
            return counted
        return count_parameters(kind(settings, Task(size))), None
    except ModelError:
        raise
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
        raise InputError(f"{model.name} cannot be built: {words}") from error


def _count_on_meta(kind: Any, settings: Any, size: int) -> tuple[dict[str, int], int] | None:
    """Measure without memory; None for what needs real numbers: its work cannot be counted."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            trainer = kind(settings, Task(size, 0, "meta"))
            trainer.step(*blank_batch(kind, settings, size))
        return count_parameters(trainer), counter.get_total_flops()
    except ModelError:
        raise
    except Exception:
        return None


def count_parameters(trainer: Trainer) -> dict[str, int]:
    """Number of parameters of each network, where the trainer shows its networks."""
    networks = getattr(trainer, "networks", {})
    return {name: _size(network) for name, network in networks.items()}


def _size(network: Any) -> int:
    """Trainable parameters of a torch module or a Keras model."""
    if hasattr(network, "trainable_variables"):
        return sum(math.prod(v.shape) for v in network.trainable_variables)
    return sum(p.numel() for p in network.parameters())


def blank_batch(kind: Any, settings: Any, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A source and a target of the right shapes."""
    target = np.zeros((settings.batch, size, size, 3), np.uint8)
    if kind.source == "noise":
        return np.zeros((settings.batch, settings.latent), np.float32), target
    return target, target


if __name__ == "__main__":
    processes.serve(describe)
