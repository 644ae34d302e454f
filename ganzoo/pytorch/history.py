"""The last fakes, half of which D is shown in the stead of new ones (Shrivastava et al. 2017)."""

from dataclasses import fields

import numpy as np
import torch
from torch import Tensor

from ganzoo import draws
from ganzoo.pytorch.inlet import Fed, Feed

DRAWN = tuple(field.name for field in fields(draws.Exchange))  # what `swap` is told


class History:
    """Up to `size` fakes on the device. What becomes of whom is drawn on the host, beforehand."""

    def __init__(self, size: int):
        self.size = size
        self.filled = 0
        # size+1 3 H W, in training precision: the last place takes what is not kept.
        self.fakes: Tensor | None = None

    def draw(self, random: np.random.Generator, count: int) -> Feed:
        """What becomes of the next `count` fakes, by name."""
        swaps = draws.swaps(random, self.filled, self.size, count)
        self.filled = min(self.size, self.filled + count)
        return vars(draws.Exchange.of(swaps, self.size))

    def swap(self, fakes: Tensor, drawn: Fed) -> Tensor:
        """Remember the fakes N 3 H W as was drawn, and give back as many, old and new."""
        kept = self._kept(fakes)
        old = drawn["remembered"][:, None, None, None]
        shown = torch.where(old, kept[drawn["place"]], fakes[drawn["fake"]])
        kept.index_copy_(0, drawn["kept_at"], fakes)
        return shown

    def memory(self) -> Tensor | None:
        """The fakes N 3 H W; None if there are none yet."""
        return None if self.fakes is None or not self.filled else self.fakes[: self.filled]

    def remember(self, fakes: Tensor | None) -> None:
        """Take back what `memory` gave."""
        self.filled = 0 if fakes is None else len(fakes)
        if fakes is not None:
            self._kept(fakes)[: self.filled] = fakes

    def _kept(self, like: Tensor) -> Tensor:
        if self.fakes is None:
            self.fakes = like.new_empty((self.size + 1, *like.shape[1:]))
        return self.fakes
