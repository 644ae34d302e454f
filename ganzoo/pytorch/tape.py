"""A recorder without a GPU: it writes down every operation of torch, and does them again.

As in a CUDA graph, operations find their tensors where they lay when they were recorded, what
Python did in between is not done again, and nothing may be read back.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganzoo.pytorch.capture import Learner, copied

Made = tuple[Any, ...]
READS = ("_local_scalar_dense", "nonzero", "masked_select", "unique")


class Tape:
    """As of `ganzoo.pytorch.capture.Recorder`, for a trainer in one thread."""

    def __init__(self, trainer: Learner) -> None:
        self.trainer, self.recordings = trainer, 0

    def eagerly(self, work: Callable[[], Any]) -> Any:
        return work()

    def record(self, work: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        """Do the work to hear it, and undo it: a real recorder would not have done it."""
        self.recordings += 1
        before = copied(self.trainer.state())
        try:
            with _Listener() as listener:
                made = work()
        finally:
            self.trainer.restore(before)
        return listener.again, made


class _Listener(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[Any, Any, Any, list[Made]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if any(word in func.name() for word in READS):
            raise RuntimeError(f"operation not permitted when stream is capturing: {func}")
        made = func(*args, **(kwargs or {}))
        self.heard.append((func, args, kwargs or {}, list(map(_lies, tree_leaves(made)))))
        return made

    @torch.no_grad()
    def again(self) -> None:
        for func, args, kwargs, made in self.heard:
            anew = tree_leaves(func(*args, **kwargs))
            for (old, *layout), new in zip(made, anew, strict=True):
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    # An operation in place may have changed that since: in torch 2.10 some do.
                    old.as_strided_(*layout).copy_(new)


def _lies(made: Any) -> Made:
    """A result, and of a tensor its sizes, strides and offset when it was made."""
    if not isinstance(made, Tensor):
        return (made,)
    return made, made.size(), made.stride(), made.storage_offset()
