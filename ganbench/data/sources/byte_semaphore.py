"""A bound on what all threads hold in memory together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ByteSemaphore:
    """So many bytes for all threads; whoever finds too little left waits.

    One alone may have more than there is, so that nobody waits for ever.
    """

    def __init__(self, most: int):
        self.most = most
        self._held = 0
        self._changed = threading.Condition()

    @contextmanager
    def holding(self, count: int) -> Iterator[None]:
        """Hold `count` bytes."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held or self._held + count <= self.most)
            self._held += count
        try:
            yield
        finally:
            with self._changed:
                self._held -= count
                self._changed.notify_all()
