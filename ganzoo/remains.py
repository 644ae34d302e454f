"""What a trainer holds, by name: does it come back from a checkpoint?

A moving average of the weights that nobody saves changes no loss, and so little in a few steps that
no picture shows it; after a resume the model draws from random weights.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

ADVICE = (
    "keep networks in `networks`, averages of them in `averages`, other tensors by `memory`, and"
    " count by `self.steps`"
)
DEEPEST = 3  # dicts and lists within each other
NOT_RESTORED = ("num_batches_tracked",)  # of batch norm; decides nothing where a momentum is set
OWN = ("_within",)  # of the trainer's base


def of(trainer: Any) -> dict[str, str]:
    """Digest of each number, array and weight that `trainer` holds, also in dicts and lists."""
    found: dict[str, str] = {}
    for name, value in vars(trainer).items():
        if name not in OWN:
            found |= dict(_digests(name, value, DEEPEST))
    return found


def lost(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The first name that has another value now, or none; empty where all are the same."""
    return next((name for name, digest in before.items() if after.get(name) != digest), "")


def _digests(name: str, value: Any, deep: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool | int | float | np.generic):
        yield name, repr(value)
    elif (array := _array(value)) is not None:
        yield name, hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    elif deep:
        for key, part in _parts(value):
            if not str(key).endswith(NOT_RESTORED):
                yield from _digests(f"{name}.{key}", part, deep - 1)


def _array(value: Any) -> np.ndarray | None:
    """A tensor or variable of either framework; None for anything else."""
    if isinstance(value, np.ndarray):
        return value if value.dtype != object else None
    if hasattr(value, "detach"):  # PyTorch's
        if value.device.type == "meta":
            return None
        found: np.ndarray = value.detach().double().cpu().numpy()
        return found
    if hasattr(value, "numpy") and hasattr(value, "dtype"):  # TensorFlow's
        return np.asarray(value.numpy())
    return None


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """What a dict, list or network holds; nothing of an optimiser, whose state the losses show."""
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif hasattr(value, "named_parameters"):
        yield from value.state_dict().items()
    elif hasattr(value, "weights") and hasattr(value, "layers"):
        yield from enumerate(value.weights)  # their names count the models of the process
