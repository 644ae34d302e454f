"""What must be right on a GPU, before anything is timed: stages of gpu.py."""

import argparse
import shutil
from typing import Any

MODELS = ("dcgan", "cyclegan-unet", "cyclegan-resnet")
STEPS = 50


def built(
    name: str, settings: dict[str, Any], size: int, a: argparse.Namespace, profile: str = "official"
) -> Any:
    """A trainer on the device, and a function that gives the batch of a step.

    On a CPU a tape stands in for CUDA graphs.
    """
    import numpy as np
    import torch

    from ganzoo import registry
    from ganzoo.settings import resolve
    from ganzoo.trainer import Task

    kind: Any = registry.load(registry.select(name)[0])
    resolved = resolve(kind.Settings, name, settings, profile)
    batch = resolved.batch

    def of_step(step: int) -> tuple[Any, Any]:
        draw = np.random.default_rng(step)
        target = draw.integers(0, 256, (batch, size, size, 3), np.uint8)
        if kind.source == "noise":
            return draw.standard_normal((batch, resolved.latent), np.float32), target
        return draw.integers(0, 256, (batch, size, size, 3), np.uint8), target

    trainer = kind(resolved, Task(size, 0, a.device))
    if a.device == "cpu":
        torch.set_num_threads(1)  # a tape hears one thread
        from ganzoo.pytorch.tape import Tape

        trainer.capture(Tape(trainer))
    return trainer, of_step


def exact(a: argparse.Namespace) -> None:
    """Plain fp32, and reproducible kernels where there are any."""
    from ganbench.system import frameworks

    frameworks.prepare("pytorch", None, a.device, "fp32", deterministic=True)


def irreproducible(a: argparse.Namespace) -> list[str]:
    """Kernels that torch has warned of."""
    from ganbench.system import frameworks

    kernels: list[str] = frameworks.facts("pytorch", a.device, "fp32").get("irreproducible", [])
    return kernels


def taught(trainer: Any, of_step: Any, first: int, last: int) -> list[dict[str, float]]:
    """Losses of each step, while the rates fall."""
    found = []
    for step in range(first, last):
        trainer.schedule(step / STEPS)
        found.append({k: float(v) for k, v in trainer.step(*of_step(step)).items()})
    return found


def losses_apart(some: list[dict[str, float]], other: list[dict[str, float]]) -> list[float]:
    """Relative difference in each step, of the loss that differs most."""
    return [
        max(abs(a[name] - b[name]) / max(abs(a[name]), 1e-9) for name in a)
        for a, b in zip(some, other, strict=True)
    ]


def weights_apart(one: Any, other: Any) -> float:
    """Relative difference of the tensor that differs most; infinite if there is nothing in any."""
    mine, theirs = one.state(), other.state()
    found = [
        float((value.double() - theirs[name].double()).norm() / value.double().norm())
        for name, value in mine.items()
        if name.startswith("network/") and value.any()
    ]
    return max(found, default=float("inf"))


def held_against(one: Any, other: Any, of_step: Any, first: int) -> dict[str, Any]:
    """Teach both from step `first` to the end; how far apart they are, and was it captured?"""
    losses = [taught(trainer, of_step, first, STEPS) for trainer in (one, other)]
    return {
        "refused": other.graphs.refused,
        "losses_apart": max(losses_apart(*losses)),
        "weights_apart": weights_apart(one, other),
    }


def captured(a: argparse.Namespace) -> dict[str, Any]:
    """Fifty steps as they were recorded against fifty that were not."""
    exact(a)
    found: dict[str, Any] = {}
    for name in MODELS:
        for profile in ("small",) if a.quick else ("small", "official"):
            size = 32 if a.quick else 64
            graph, of_step = built(name, {}, size, a, profile)
            eager, _ = built(name, {}, size, a, profile)
            eager.graphs.refused = "measured against"
            found[f"{name}, {profile}"] = held_against(eager, graph, of_step, 0)
    return found | {"irreproducible": irreproducible(a)}


def resumed(a: argparse.Namespace) -> dict[str, Any]:
    """A captured training cut in the middle, and gone on with by another trainer."""
    exact(a)
    found: dict[str, Any] = {}
    for name in MODELS:
        straight, of_step = built(name, {}, 32 if a.quick else 64, a, "small")
        other, _ = built(name, {}, 32 if a.quick else 64, a, "small")
        taught(straight, of_step, 0, STEPS // 2)
        folder = a.out / f"state-{name}"
        straight.save(folder)
        other.load(folder)
        shutil.rmtree(folder)
        found[name] = held_against(straight, other, of_step, STEPS // 2)
    return found | {"irreproducible": irreproducible(a)}


def contract(a: argparse.Namespace) -> dict[str, Any]:
    """Every question of `ganbench check`, on the device, in exact fp32."""
    from ganzoo import conformance, registry

    exact(a)
    found = {}
    for name in MODELS:
        (model,) = registry.select(name)
        answers = [(x.question, x.good, x.reason) for x in conformance.run(model, 32, a.device)]
        found[name] = [
            question if good else f"FAILED: {question}: {reason}"
            for question, good, reason in answers
        ]
    return found


def cpu_against_device(a: argparse.Namespace) -> dict[str, Any]:
    """Losses of the same steps on both devices, and pictures of a state that went over."""
    import numpy as np

    exact(a)
    on_cpu = argparse.Namespace(**vars(a) | {"device": "cpu"})
    found: dict[str, Any] = {}
    for name in MODELS:
        (here, of_step), (there, _) = (built(name, {}, 64, on, "small") for on in (on_cpu, a))
        apart = losses_apart(*(taught(t, of_step, 0, 20) for t in (here, there)))
        folder = a.out / f"state-{name}"
        there.save(folder)
        here.load(folder)
        shutil.rmtree(folder)
        drawn = [trainer.generate(of_step(99)[0]).astype(int) for trainer in (here, there)]
        found[name] = {
            "losses_apart_at_step_1_5_20": [apart[0], apart[4], apart[19]],
            "grey_levels_apart_after_loading": int(np.abs(drawn[0] - drawn[1]).max()),
        }
    return found


def features(a: argparse.Namespace) -> dict[str, Any]:
    """The FID network on the device against the CPU, and its pictures a second."""
    import time

    import numpy as np

    from metrics.extractors.built_in import RANDOM_INCEPTION
    from metrics.extractors.extractor import Extractor

    pictures = np.random.default_rng(0).integers(0, 256, (16, 256, 256, 3), np.uint8)
    many = np.repeat(pictures, 2 if a.quick else 128, axis=0)
    cpu = Extractor(RANDOM_INCEPTION, None, "cpu").features(pictures)
    found = {}
    for precision in ("fp32", "bf16"):
        extractor = Extractor(RANDOM_INCEPTION, None, a.device, precision=precision)
        seen = extractor.features(pictures)
        apart = np.linalg.norm(seen.pool - cpu.pool) / np.linalg.norm(cpu.pool)
        began = time.perf_counter()
        extractor.features(many)
        speed = len(many) / (time.perf_counter() - began)
        found[precision] = {"relative_difference": float(apart), "pictures_per_second": speed}
    return found
