"""Which of several ways to do the same is the fastest here."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Way = TypeVar("Way")

ROUNDS = 5  # of each way, in turns, after one that builds caches; where no other number is given
LONGEST = 3.0  # seconds after which no further round begins
WORTH = 0.95  # of the seconds of an earlier way: below it a later one is taken


def fastest(ways: Sequence[Way], rehearse: Callable[[Way], float], rounds: int = ROUNDS) -> Way:
    """The way whose median is the shortest; `rehearse` goes it once and returns its seconds.

    A later one has to be clearly faster than those before it, so that a repeated choice is nearly
    always the same.
    """
    if len(ways) == 1:
        return ways[0]
    seconds: dict[Way, list[float]] = {way: [] for way in ways}
    began = time.perf_counter()
    for _ in range(rounds + 1):
        for way in ways:
            seconds[way].append(rehearse(way))
        if time.perf_counter() - began > LONGEST:
            break
    best = ways[0]
    for way in ways[1:]:
        if _usual(seconds[way]) < WORTH * _usual(seconds[best]):
            best = way
    return best


def _usual(seconds: list[float]) -> float:
    return statistics.median(seconds[1:] or seconds)
