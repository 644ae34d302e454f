"""Follows every tensor of a training step on the meta device, byte for byte.

Imports torch, so it is imported where torch is needed anyway.
"""

import weakref
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


@dataclass(frozen=True)
class Storage:
    """What is known of a storage when the first tensor on it appears."""

    serial: int
    size: int  # bytes
    shape: torch.Size  # of that tensor


class Ledger(TorchDispatchMode):
    """Knows which storages on the meta device live, of those that operations return.

    A view is the storage it looks at; what a kernel takes and returns within itself is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self._born = 0
        self._live: dict[int, tuple[Any, Storage]] = {}
        self.events: list[tuple[Storage, int]] = []  # 1: made, -1: gone

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor) and leaf.is_meta:
                self._note(leaf)
        return made

    def _note(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key = id(storage)  # nothing else has it while the storage lives
        if key not in self._live:
            known = Storage(self._born, storage.nbytes(), tensor.shape)
            self._born += 1
            self.events.append((known, 1))
            self._live[key] = weakref.ref(storage, lambda _: self._forget(key)), known

    def _forget(self, key: int) -> None:
        self.events.append((self._live.pop(key)[1], -1))

    def living(self) -> frozenset[Storage]:
        """All storages that there are now."""
        return frozenset(known for _, known in self._live.values())


@dataclass(frozen=True)
class Peak:
    """Bytes of tensors in a step that is not the first.

    The middle two are those of the fullest moment; either may be more at another one.
    """

    parameters: int  # and whatever else stands from the beginning
    optimizer: int  # gradients and the optimisers' states: all that has a parameter's shape
    activations: int  # all the rest that a step makes and lets go
    most_optimizer: int
    most_activations: int
    left: int  # what the step leaves behind and the one before it did not


def settle(trainer: Any, batch: tuple[Any, ...], ledger: Ledger) -> frozenset[Storage]:
    """Bring about what a first step leaves: gradients and optimisers' states.

    A model of tensors that hides its optimisers takes that step. Returns what stood before.
    """
    built = ledger.living()
    shown = getattr(trainer, "optimizers", None)
    shown = shown.values() if isinstance(shown, dict) else ()
    optimizers = [o for o in shown if isinstance(o, torch.optim.Optimizer)]
    for optimizer in optimizers:
        for parameter in (p for group in optimizer.param_groups for p in group["params"]):
            parameter.grad = torch.empty_like(parameter)
        with torch.device("cpu"):  # before torch 2.12, a count of steps on meta ends this
            optimizer.step()
    if built and not optimizers:
        trainer.step(*batch)
    return built


def step(trainer: Any, batch: tuple[Any, ...], ledger: Ledger, built: frozenset[Storage]) -> Peak:
    """Take one step of a settled model on the meta device, built under `ledger`."""
    shapes = {storage.shape for storage in built}
    before, begin = ledger.living(), len(ledger.events)
    trainer.step(*batch)
    standing = [(storage, 1) for storage in before - built]
    events = [*standing, *ledger.events[begin:]]
    left = {s for s in ledger.living() - before if s.shape not in shapes}
    lasting = [change * s.size if s.shape in shapes else 0 for s, change in events]
    passing = [0 if s.shape in shapes or s in left else change * s.size for s, change in events]
    moments = list(zip([0, *accumulate(lasting)], [0, *accumulate(passing)], strict=True))
    return Peak(
        sum(storage.size for storage in built),
        *max(moments, key=sum),
        max(lasting for lasting, _ in moments),
        max(passing for _, passing in moments),
        sum(s.size for s in left),
    )
