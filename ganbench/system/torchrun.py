"""Under torchrun: which of the processes that it has started this is.

It starts a whole command as often as it is told to. One of these carries the command out, and
starts the ranks of each run itself, as always: runs have processes and folders of their own, and
most of a command is no training.
"""

import os
from dataclasses import dataclass

from ganbench.errors import InputError

SIGN = "TORCHELASTIC_RUN_ID"  # which torchrun sets, and no other launcher


@dataclass(frozen=True)
class Launched:
    """One of `count` processes of this machine."""

    rank: int
    count: int


def launched() -> Launched | None:
    """Which of torchrun's processes we are; None where it has not started us.

    InputError when there are some on other machines.
    """
    if SIGN not in os.environ:
        return None
    try:
        names = ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
        rank, count, here = (int(os.environ[name]) for name in names)
    except (KeyError, ValueError):
        return None
    if here != count:
        raise InputError(
            f"torchrun has started {count} processes on several machines, and all ranks of a run"
            " are on one",
            "torchrun --nnodes 1, or --on ray without torchrun for many runs on many machines",
        )
    return Launched(rank, count)
