"""The contract between a model and whoever runs it."""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, SupportsFloat, runtime_checkable

import numpy as np

Pictures = np.ndarray  # uint8   N H W 3
Noise = np.ndarray  # float32 N Z
Losses = Mapping[str, SupportsFloat]  # by name; may still be on the device until it is read


@dataclass(frozen=True)
class Task:
    """What a model is built for."""

    size: int  # pixels on a side
    seed: int = 0
    device: str = "cpu"


@runtime_checkable
class Trainer(Protocol):
    """A model in training.

    Source: what it starts from, noise or photographs. Target: what it should resemble.

    A class fulfils it that can be called as `Class(settings, task)` and has, besides the methods,

    - `framework`, "pytorch" or "tensorflow": a process meets only one;
    - `source`, "noise" (sources are float32 N Z) or "pictures" (uint8 N H W 3);
    - `Settings`, a frozen dataclass with at least `batch` (pictures a step) and, for noise,
      `latent` (Z).

    More methods are optional and found by presence:

    - `views(source, target) -> dict[str, Pictures]`: what a translator can show besides its output:
      "back" (source, target domain, source again), "identity" (a target left alone),
      "reverse" (target to source), "reverse_back";
    - `reverse(target) -> Pictures`: a translator's way from target to source, one for each target;
    - `raw(source) -> Pictures | None`: as `generate`, with the very weights of the last step where
      `generate` uses a moving average of them; None where it does not;
    - `schedule(progress)`: called before every step with the used fraction of the budget, 0 to 1;
    - `check_ranks`, `has_batch_norm`, `join` and `digest`, as `ganzoo.pytorch.gan.GAN` has them, of
      a model that several processes can train together.
    """

    framework: Literal["pytorch", "tensorflow"]
    source: Literal["noise", "pictures"]
    Settings: type

    def __init__(self, settings: Any, task: Task) -> None:
        """Build every network for the task; all that is random follows from `task.seed`."""

    def step(self, source: Noise | Pictures, target: Pictures) -> Losses:
        """Teach every network once; losses by name, the same names in every step."""

    def generate(self, source: Noise | Pictures) -> Pictures:
        """Make one picture for each source, changing nothing that training depends on."""

    def save(self, folder: Path) -> None:
        """Write everything that an exact resume needs, without pickle."""

    def load(self, folder: Path) -> None:
        """Continue exactly where `save` was called."""


def missing_parts(candidate: Any) -> list[str]:
    """Name what the class `candidate` lacks of the contract; empty when it fulfils it."""
    parts = ["framework", "source", "Settings", "step", "generate", "save", "load"]
    missing = [part for part in parts if not hasattr(candidate, part)]
    if "source" not in missing and candidate.source not in ("noise", "pictures"):
        missing.append('source = "noise" or "pictures"')
    if "framework" not in missing and candidate.framework not in ("pytorch", "tensorflow"):
        missing.append('framework = "pytorch" or "tensorflow"')
    if "Settings" not in missing:
        fields = getattr(candidate.Settings, "__dataclass_fields__", {})
        needed = ["batch"] + (["latent"] if getattr(candidate, "source", "") == "noise" else [])
        missing += [f"Settings.{name}" for name in needed if name not in fields]
    return missing


def count_parameters(trainer: Trainer) -> dict[str, int]:
    """Number of parameters of each network, where the trainer shows its networks."""
    networks = getattr(trainer, "networks", {})
    return {name: _size(network) for name, network in networks.items()}


def _size(network: Any) -> int:
    """Trainable parameters of a torch module or a Keras model."""
    if hasattr(network, "trainable_variables"):
        return sum(math.prod(v.shape) for v in network.trainable_variables)
    return sum(p.numel() for p in network.parameters())


class Counting:
    """Counts in `steps` the steps that a model takes, before each, whatever class writes `step`."""

    steps = 0
    _within = False  # another class's `step`, which has called this one

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in vars(cls):
            cls.step = _counted(cls.step)  # type: ignore[attr-defined]


def _counted(step: Callable[..., Losses]) -> Callable[..., Losses]:
    @functools.wraps(step)
    def counting(trainer: Counting, *pictures: Any, **more: Any) -> Losses:
        if trainer._within:
            return step(trainer, *pictures, **more)
        trainer._within, trainer.steps = True, trainer.steps + 1
        try:
            return step(trainer, *pictures, **more)
        finally:
            trainer._within = False

    return counting
