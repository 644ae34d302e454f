"""How many threads a run works with: as many as make its steps the fastest."""

import statistics
import time
from collections.abc import Callable

from ganbench.system import frameworks

ROUNDS = 5  # of one step with each number of threads, in turns, after one that builds caches
LONGEST = 3.0  # seconds after which no further round begins
WORTH = 0.95  # of the seconds of fewer threads: below it more threads are taken


def choose_threads(rehearse: Callable[[], float]) -> None:
    """Find the number of CPU threads with which a step in torch is fastest, and stay with it.

    `rehearse` takes one step and returns its seconds. Powers of two up to the cores that we may use
    are tried. More threads have to be clearly faster than fewer, so that a repeated run nearly
    always chooses alike.
    """

    use = frameworks.set_torch_threads
    use(fastest(powers_of_two(frameworks.usable_cores()), use, rehearse))


def powers_of_two(most: int) -> list[int]:
    """1, 2, 4 ... up to `most`."""
    return [2**i for i in range(most.bit_length())]


def fastest(counts: list[int], use: Callable[[int], None], rehearse: Callable[[], float]) -> int:
    """The number in `counts`, which rise, with which the median step is the shortest."""
    if len(counts) == 1:
        return counts[0]
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    began = time.perf_counter()
    for _ in range(ROUNDS + 1):
        for count in counts:
            use(count)
            seconds[count].append(rehearse())
        if time.perf_counter() - began > LONGEST:
            break
    best = counts[0]
    for count in counts[1:]:
        if _usual(seconds[count]) < WORTH * _usual(seconds[best]):
            best = count
    return best


def _usual(seconds: list[float]) -> float:
    return statistics.median(seconds[1:] or seconds)
