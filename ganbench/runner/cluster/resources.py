"""What a run asks of a node: cores, a GPU, memory. Ray starts it where that is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganbench.errors import InputError
from ganbench.planning.plan import Plan, Planned

BESIDE_TENSORS = 3 * 2**29  # bytes of a process with a framework, before its first tensor


@dataclass(frozen=True)
class Machine:
    """One node, as Ray counts it."""

    identity: str  # hexadecimal
    host: str
    cores: float
    gpus: float
    memory: float  # bytes


def machine(told: dict[str, Any]) -> Machine:
    """One entry of `ray.nodes()`."""
    has = told["Resources"]
    counts = (float(has.get(name, 0.0)) for name in ("CPU", "GPU", "memory"))
    return Machine(str(told["NodeID"]), str(told["NodeManagerHostname"]), *counts)


def usable(machines: Sequence[Machine], device: str) -> list[Machine]:
    """The nodes that can train on a device; InputError when there is none."""
    gpu = device.startswith("cuda")
    there = [each for each in machines if (each.gpus if gpu else each.cores) >= 1]
    if not there:
        raise InputError(
            f"no node of the cluster has a {'GPU' if gpu else 'CPU core'} for a run",
            "--device cpu" if gpu else "ray start --num-cpus N on a node",
        )
    return there


def of(plan: Plan, planned: Planned, machines: Sequence[Machine]) -> dict[str, float]:
    """Options of the actor that carries a run out: never more than one of the nodes has.

    On a CPU a run takes as many cores as it has threads. Without --threads it finds out itself how
    many are fastest, so it has a node to itself.
    """
    there = usable(machines, plan.device)
    most = max(each.cores for each in there)
    if plan.device.startswith("cuda"):
        return {"num_gpus": 1, "num_cpus": min(1.0, most)}
    cores = plan.suite.threads or min(each.cores for each in there)
    asked = {"num_cpus": min(cores, most)}
    if planned.memory:
        enough = [each.memory for each in there if each.cores >= asked["num_cpus"]]
        asked["memory"] = int(min(planned.memory.total + BESIDE_TENSORS, max(enough)))
    return asked


def threads(plan: Plan, machines: Sequence[Machine]) -> int | None:
    """Threads of each run where nobody has named them; None: each finds out what is fastest.

    On nodes of different sizes two may share one, and no run may have more than another.
    """
    if plan.suite.threads or plan.device != "cpu":
        return plan.suite.threads
    cores = {each.cores for each in usable(machines, plan.device)}
    return int(min(cores)) if len(cores) > 1 else None


def shares(plan: Plan, machines: Sequence[Machine]) -> bool:
    """Will CPU runs be on one node at the same time?"""
    if plan.device != "cpu" or len(plan.runs) < 2:
        return False
    cores = of(plan, plan.runs[0], machines)["num_cpus"]
    return any(each.cores >= 2 * cores for each in machines)
