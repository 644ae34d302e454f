"""Several processes of this machine that train one model: how they meet, and what rank 0 tells.

What a model's step sends goes through torch's default group: NCCL between GPUs, else gloo. What
rank 0 tells goes through a group of its own, by gloo, and never touches a GPU.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

FOR_EVER = timedelta(days=7)  # rank 0 may draw for long; whoever watches the processes ends a wait
LOOPBACK = {"linux": "lo", "darwin": "lo0"}.get(sys.platform, "")


class ProcessGroup:
    """One of `count` processes that meet through `file`, which nobody has used before.

    device: where this rank's tensors are, which is torch's current GPU if it is one.

    They listen to this machine alone, unless a variable of the user's says otherwise. Waits until
    all are there.
    """

    def __init__(self, file: Path, rank: int, count: int, device: str):
        for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
            if LOOPBACK:
                os.environ.setdefault(name, LOOPBACK)
        store = dist.FileStore(str(file), count)
        dist.init_process_group(
            "nccl" if device.startswith("cuda") else "gloo",
            store=store,
            rank=rank,
            world_size=count,
            timeout=FOR_EVER,
        )
        self._control = dist.new_group(backend="gloo", timeout=FOR_EVER)

    def from_first(self, array: np.ndarray) -> np.ndarray:
        """What rank 0 has, on every rank; there an array of the same shape and kind is filled."""
        sent = torch.from_numpy(np.ascontiguousarray(array))
        dist.broadcast(sent, 0, group=self._control)
        return sent.numpy()

    def all_agree(self, mine: bool) -> bool:
        """Is it so on every rank?"""
        found = torch.tensor(float(mine))
        dist.all_reduce(found, dist.ReduceOp.MIN, group=self._control)
        return bool(found)

    def leave(self) -> None:
        """Let go of the others, who do the same."""
        dist.destroy_process_group()
