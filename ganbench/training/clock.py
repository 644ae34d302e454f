"""Training time: it runs while the loop works and stands still for everything else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Seconds of training, and the part of them inside `Trainer.step`."""

    def __init__(self, seconds: float = 0.0, in_step: float = 0.0):
        self._before, self._started = seconds, time.perf_counter()
        self._paused_at: float | None = self._started
        self.in_step = in_step

    @property
    def seconds(self) -> float:
        """Training seconds so far."""
        now = time.perf_counter() if self._paused_at is None else self._paused_at
        return self._before + now - self._started

    def start(self) -> None:
        """Let the time run."""
        if self._paused_at is not None:
            self._started += time.perf_counter() - self._paused_at
            self._paused_at = None

    def stop(self) -> None:
        """Let the time stand."""
        if self._paused_at is None:
            self._paused_at = time.perf_counter()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave what is done inside out of the training time."""
        self.stop()
        yield
        self.start()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Count what is done inside as the model's own work."""
        begun = time.perf_counter()
        yield
        self.in_step += time.perf_counter() - begun
