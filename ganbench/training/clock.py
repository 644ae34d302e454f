"""Training time, and energy: both run while the loop works and stand still for all else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ganbench.system.energy import Meter


class Clock:
    """Seconds of training, the part of them inside `Trainer.step`, and the energy they took."""

    def __init__(self, seconds: float = 0.0, in_step: float = 0.0, meter: Meter | None = None):
        self._before, self._started = seconds, time.perf_counter()
        self._paused_at: float | None = self._started
        self.in_step = in_step
        self.meter = meter or Meter()

    @property
    def seconds(self) -> float:
        """Training seconds so far."""
        now = time.perf_counter() if self._paused_at is None else self._paused_at
        return self._before + now - self._started

    def start(self) -> None:
        """Let the time run."""
        if self._paused_at is not None:
            self.meter.start()
            self._started += time.perf_counter() - self._paused_at
            self._paused_at = None

    def stop(self) -> None:
        """Let the time stand."""
        if self._paused_at is None:
            self._paused_at = time.perf_counter()
            self.meter.stop()

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
