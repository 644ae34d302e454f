"""A process that builds models without memory, to say what they are before anything is trained."""

import hashlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np

import ganzoo
from ganbench import environment, processes
from ganbench.errors import InputError
from ganbench.suite import Suite, from_values, with_device_defaults
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task, Trainer


def describe(job: dict[str, Any], channel: processes.Channel) -> processes.Message:
    """Resolve the device and, for each model of one framework, settings, parameters and work."""
    suite = from_values(job["suite"], "the suite")
    device = environment.choose_device(job["framework"], suite.device)
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
    for file in (Path(inspect.getfile(kind)), package / "settings.py", *shared):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _measure(
    model: registry.Model, kind: Any, settings: Any, size: int
) -> tuple[dict[str, int], int | None]:
    """Count parameters by network and operations of a step, on torch's meta device."""
    if kind.framework != "pytorch":
        return {}, None
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            trainer = kind(settings, Task(size, 0, "meta"))
            trainer.step(*blank_batch(kind, settings, size))
        return count_parameters(trainer), counter.get_total_flops()
    except Exception:  # what needs real numbers can be trained, but its work not counted
        try:
            return count_parameters(kind(settings, Task(size))), None
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            raise InputError(f"{model.name} cannot be built: {words}") from error


def count_parameters(trainer: Trainer) -> dict[str, int]:
    """Number of parameters of each network, where the trainer shows its networks."""
    networks = getattr(trainer, "networks", {})
    return {name: sum(p.numel() for p in net.parameters()) for name, net in networks.items()}


def blank_batch(kind: Any, settings: Any, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A source and a target of the right shapes."""
    target = np.zeros((settings.batch, size, size, 3), np.uint8)
    if kind.source == "noise":
        return np.zeros((settings.batch, settings.latent), np.float32), target
    return target, target


if __name__ == "__main__":
    processes.serve(describe)
