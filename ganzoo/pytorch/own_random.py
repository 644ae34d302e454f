"""PyTorch's random numbers, which are one process's, for each of several trainers its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor


class OwnRandom:
    """Remembers where each trainer stands in random numbers."""

    def __init__(self) -> None:
        self._states: WeakKeyDictionary[Any, Tensor] = WeakKeyDictionary()

    def begin(self, trainer: Any) -> None:
        """From here on it has its own, which begin as those of the process stand now."""
        self._states[trainer] = torch.get_rng_state()

    @contextmanager
    def turn(self, trainer: Any) -> Iterator[None]:
        """The process's random numbers are this trainer's: from now on, if it has not begun."""
        outside = torch.get_rng_state()
        torch.set_rng_state(self._states.get(trainer, outside))
        try:
            yield
        finally:
            self._states[trainer] = torch.get_rng_state()
            torch.set_rng_state(outside)
