"""Results in the order of what they are made of, begun before they are asked for."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import Generic, TypeVar

from ganbench.system.frameworks import usable_cores

T = TypeVar("T")
U = TypeVar("U")


class ReadAhead(Generic[U]):
    """Like `pool.map(make, items)`, with at most `count` waiting, so that memory stays flat.

    It begins at once, and takes the pool along when it is closed.
    """

    def __init__(self, pool: Executor, make: Callable[[T], U], items: Iterable[T], count: int):
        self._pool = pool
        self._coming = (pool.submit(make, item) for item in items)
        self._waiting: deque[Future[U]] = deque(islice(self._coming, count))

    def __iter__(self) -> Iterator[U]:
        while self._waiting:
            made = self._waiting.popleft().result()
            self._waiting.extend(islice(self._coming, 1))
            yield made

    def close(self) -> None:
        """Begin nothing more and let go of the pool."""
        self._pool.shutdown(cancel_futures=True)


def workers() -> int:
    """How many threads or processes are at work on pictures."""
    return min(8, usable_cores())
