"""How fast steps are on a GPU, ours in every way there is and the peers': stages of gpu.py."""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import torch
from gpu_checks import built

RESNET, UNET, DCGAN = ("cyclegan-resnet", 256), ("cyclegan-unet", 256), ("dcgan", 64)
PRECISIONS = ("fp32", "tf32", "bf16")
WAYS = ("eager", "captured")
# Ways to make a captured step faster that nobody has measured yet, each alone and all together.
CHANGES = (
    "cuDNN tries algorithms",
    "instance norm by batch norm's kernels",
    "channels last",
    "directions in branches",
)
ALL = "captured, all of these"
COMPILED = ("compiled", "compiled and captured")
PEERS = {"cyclegan-resnet": "official CycleGAN", "dcgan": "PyTorch's DCGAN example"}
STEADY = 8  # steps after which a captured step is replayed
ROUNDS = 5  # of which the first warms up
MANY = 1 << 16  # random numbers
SECONDS = 0.2  # of a case in a round, about

Step = Callable[[], Any]


def speed(a: argparse.Namespace) -> dict[str, Any]:
    """Steps a second, model by model: its cases and its peer in turns."""
    found = {}
    for name, size in (DCGAN, RESNET, UNET):
        steps, failed = cases(a, name, size, WAYS, PRECISIONS)
        found[name] = timed(steps | peer(a, name, size), a) | failed
        a.keep(found)
    return found


def changed(a: argparse.Namespace) -> dict[str, Any]:
    """Steps a second of captured steps with something changed, beside the same unchanged."""
    ways = "captured", *(f"captured, {change}" for change in CHANGES), ALL
    return of_models(a, (DCGAN, RESNET, UNET), ways, ("tf32", "bf16"))


def compiled(a: argparse.Namespace) -> dict[str, Any]:
    """The same of networks that torch.compile has gone over.

    Not DCGAN's: it cannot look twice with batch norm before one backward pass.
    """
    return of_models(a, (RESNET, UNET), COMPILED, ("bf16",))


def of_models(
    a: argparse.Namespace,
    models: tuple[tuple[str, int], ...],
    ways: tuple[str, ...],
    precisions: tuple[str, ...],
) -> dict[str, Any]:
    """Steps a second of each way, model by model."""
    found = {}
    for name, size in models:
        steps, failed = cases(a, name, size, ways, precisions)
        found[name] = timed(steps, a) | failed
        a.keep(found)
    return found


def cases(
    a: argparse.Namespace, name: str, size: int, ways: tuple[str, ...], precisions: tuple[str, ...]
) -> tuple[dict[str, Step], dict[str, dict[str, str]]]:
    """What is timed, by name, and why what cannot be is not."""
    made: dict[str, Step] = {}
    failed = {}
    for precision in precisions:
        if precision == "tf32" and a.device == "cpu":
            continue
        for way in ways:
            label = f"{way}, {precision}"
            try:
                made[label] = case(a, name, 32 if a.quick else size, way, precision)
            except Exception as error:  # the other ways are worth their time
                failed[label] = {"failed": f"{type(error).__name__}: {error}"[:300]}
    return made, failed


def case(a: argparse.Namespace, name: str, size: int, way: str, precision: str) -> Step:
    """A step of a trainer that has been warmed up; its first weights repeat 65,536 numbers."""
    from ganzoo import draws

    chosen = CHANGES if way == ALL else way
    profile, draw = "small" if a.quick else "official", draws.normal
    draws.normal = lambda random, mean, std, shape: np.resize(
        draw(random, mean, std, (MANY,)), shape
    )
    try:
        trainer, of_step = built(name, {"precision": precision}, size, a, profile)
    finally:
        draws.normal = draw
    for network in trainer.networks.values():
        if CHANGES[1] in chosen:
            with_other_norm(network)
        if CHANGES[2] in chosen:
            network.to(memory_format=torch.channels_last)
        if "compiled" in way:
            network.compile()
    if CHANGES[3] in chosen and hasattr(trainer, "at_once"):
        trainer.at_once = Branches(a.device)
    if "captured" not in way:
        trainer.launch_each_kernel("measured")
    batches = [of_step(step) for step in range(4)]
    tf32, tries = precision == "tf32", CHANGES[0] in chosen

    def step() -> Any:
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = tries
        return trainer.step(*batches[trainer.steps % 4])

    for _ in range(STEADY):
        step()
    if "captured" in way and trainer.graphs.refused:
        raise RuntimeError(trainer.graphs.refused)
    return step


def with_other_norm(network: Any) -> None:
    """Let instance norms stay in the precision of what they are given.

    Autocast lets group norm work in float32, and so all that follows it until the next convolution.
    """

    def normalised(x: Any, epsilon: float) -> Any:
        return torch.instance_norm(x, None, None, None, None, True, 0.0, epsilon, True)

    for part in network.modules():
        if isinstance(part, torch.nn.GroupNorm) and part.weight is None:
            part.forward = partial(normalised, epsilon=part.eps)


class Branches:
    """Both directions of a CycleGAN's step as branches of its graph, with one backward pass.

    The weights that they share could not bear two passes at the same time.
    """

    def __init__(self, device: str):
        self.side = torch.cuda.Stream() if device == "cuda" else None

    def __call__(self, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
        losses: list[Any] = []
        with mock.patch.object(torch.Tensor, "backward", lambda loss: losses.append(loss)):
            made = self.branched(first, second) if self.side else (first(), second())
        sum(losses).backward()
        return made

    def branched(self, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
        """The second on a stream of its own, until both have been launched."""
        assert self.side
        here = torch.cuda.current_stream()
        self.side.wait_stream(here)
        one = first()
        with torch.cuda.stream(self.side):
            other = second()
        here.wait_stream(self.side)
        return one, other


def peer(a: argparse.Namespace, name: str, size: int) -> dict[str, Step]:
    """The usual code, as torch comes: its convolutions in TF32."""
    from usual_pytorch import ExampleDCGAN, OfficialCycleGAN

    if name == "dcgan":
        theirs: Any = ExampleDCGAN(a.device)
    else:
        kind = name.removeprefix("cyclegan-")
        theirs = OfficialCycleGAN(32 if a.quick else size, a.device, kind)

    def step() -> None:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = True, False
        torch.backends.cudnn.benchmark = False
        theirs.step()

    return {"peer": step}


def timed(steps: dict[str, Step], a: argparse.Namespace) -> dict[str, Any]:
    """Median steps a second of all cases, which take turns, and the slowest and fastest turn."""
    wait: Callable[[], Any] = torch.cuda.synchronize if a.device == "cuda" else int
    counts = {label: 1 if a.quick else count_for(step, wait) for label, step in steps.items()}
    rates: dict[str, list[float]] = {label: [] for label in steps}
    for turn in range(2 if a.quick else ROUNDS):
        for label, step in steps.items():
            seconds = lasting(step, counts[label], wait)
            if turn:
                rates[label].append(counts[label] / seconds)
    found = {
        label: {"median": statistics.median(r), "least": min(r), "most": max(r)}
        for label, r in rates.items()
    }
    if "peer" in found:
        for row in found.values():
            row["times_peer"] = row["median"] / found["peer"]["median"]
    return found


def lasting(step: Step, count: int, wait: Callable[[], Any]) -> float:
    """Seconds of so many steps, to the end of the last one."""
    wait()
    began = time.perf_counter()
    for _ in range(count):
        step()
    wait()
    return time.perf_counter() - began


def count_for(step: Step, wait: Callable[[], Any]) -> int:
    """How many steps fill a turn."""
    return max(3, round(SECONDS / (lasting(step, 5, wait) / 5)))


def kernels(a: argparse.Namespace) -> dict[str, Any]:
    """How much of a captured step's wall time the GPU computes, and on what."""
    from torch.profiler import ProfilerActivity, profile

    found = {}
    for name, size in (RESNET, UNET, DCGAN):
        for precision in ("tf32", "bf16"):
            step = case(a, name, size, "captured", precision)
            wall = lasting(step, 20, torch.cuda.synchronize) / 20
            with profile(activities=[ProfilerActivity.CUDA]) as seen:
                lasting(step, 5, torch.cuda.synchronize)
            rows = sorted(seen.key_averages(), key=lambda row: -row.self_device_time_total)
            busy = sum(row.self_device_time_total for row in rows) / 5e6
            found[f"{name}, {precision}"] = {
                "busy_fraction": busy / wall,
                "kernels_per_step": sum(row.count for row in rows) / 5,
                "top_milliseconds": [
                    [row.key[:80], round(row.self_device_time_total / 5e3, 3)] for row in rows[:12]
                ],
            }
    return found
