"""Two independent halves of a training step at once, each on half of the CPU's threads.

Threads that share a small convolution spend more time in waiting for each other than they save.
Two networks have nothing to wait for.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from threading import Barrier
from typing import TypeVar

import torch

Half = TypeVar("Half")


def at_once(
    first: Callable[[], Half], second: Callable[[], Half], device: torch.device
) -> tuple[Half, Half]:
    """What both give; on a GPU, or with one thread, the second waits for the first.

    Neither may read what the other writes. Both may call `backward` once: of a weight that they
    share, a sum of two gradients is the same in either order.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads < 2:
        return first(), second()
    a, b = (_pool(threads).submit(half) for half in (first, second))
    wait((a, b))  # for both, even if one has failed
    return a.result(), b.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Two threads that stay, and have half of `threads` each for their convolutions."""
    both_set = Barrier(3)

    def begin() -> None:
        torch.get_num_threads()  # else torch takes the number anew at the first operation
        torch.set_num_threads(threads // 2)
        both_set.wait()

    pool = ThreadPoolExecutor(2, "half", begin)
    for _ in range(2):
        pool.submit(int)
    both_set.wait()
    torch.set_num_threads(threads)  # a new thread takes what was set last
    return pool
