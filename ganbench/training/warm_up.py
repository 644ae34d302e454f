"""How many threads a run works with: as many as make its steps the fastest."""

from collections.abc import Callable

from ganbench.system import frameworks
from ganbench.system.fastest import fastest


def choose_threads(rehearse: Callable[[], float]) -> None:
    """Find the number of CPU threads with which a step in torch is fastest, and stay with it.

    `rehearse` takes one step and returns its seconds. Powers of two up to the cores that we may use
    are tried, and more threads have to be worth it.
    """

    def with_threads(count: int) -> float:
        frameworks.set_torch_threads(count)
        return rehearse()

    best = fastest(powers_of_two(frameworks.usable_cores()), with_threads)
    frameworks.set_torch_threads(best)


def powers_of_two(most: int) -> list[int]:
    """1, 2, 4 ... up to `most`."""
    return [2**i for i in range(most.bit_length())]
