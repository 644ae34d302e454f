"""What the built-in trainers share beyond a plugin's base: first weights, averages, schedule."""

import copy
import hashlib
from typing import Any

import numpy as np
import torch
from torch import nn

from ganzoo import draws
from ganzoo.errors import InputError
from ganzoo.pytorch.augment import augment
from ganzoo.pytorch.layers import MinibatchStd, init_normal, silence_last, spread_by_fan_in
from ganzoo.pytorch.ranks import ALONE, Ranks
from ganzoo.pytorch.sync_batch_norm import synchronise
from ganzoo.pytorch.training import TorchTrainer, mixed


class GAN(TorchTrainer):
    """Base of trainers whose settings are `ganzoo.settings.Adversaries`.

    The optimisers are called G and D.
    """

    progress = 0.0  # used fraction of the budget
    ranks: Ranks = ALONE

    @staticmethod
    def has_batch_norm(settings: Any) -> bool:
        """Does what one picture becomes depend on those beside it?"""
        return getattr(settings, "norm", "batch") == "batch"

    @classmethod
    def check_ranks(cls, settings: Any, count: int, sync_batchnorm: bool) -> None:
        """InputError for settings that `count` processes cannot train as one would."""
        batch, more = settings.batch, -(-settings.batch // count) * count
        if batch % count:
            raise InputError(
                f"batch={batch} cannot be cut into {count} equal parts, one for each rank",
                f"set batch={more}",
            )
        if getattr(settings, "dropout", 0.0):
            raise InputError(
                f"dropout={settings.dropout} draws in each process what one alone would draw"
                " otherwise: several ranks cannot train it",
                "set dropout=0",
            )
        if getattr(settings, "dense_start", False) and batch < 2 * count and not sync_batchnorm:
            raise InputError(
                f"dense_start=true compares the pictures of a rank, and batch={batch} gives each"
                f" of {count} ranks one",
                f"set batch={2 * count}, or --sync-batchnorm",
            )

    def join(self, rank: int, count: int, sync_batchnorm: bool) -> None:
        """Train from now on as one of `count` ranks, whose default process group is there.

        Each is given the whole batch and takes its part of it. A discriminator that sees how much a
        batch varies sees the whole batch; batch norm does with `sync_batchnorm`.
        """
        self.ranks = Ranks(rank, count)
        for network in self.networks.values():
            if sync_batchnorm:
                synchronise(network, self.ranks)
            for part in network.modules():
                if isinstance(part, MinibatchStd):
                    part.ranks = self.ranks

    def digest(self) -> bytes:
        """32 bytes that change with any weight: all ranks have the same weights at all times.

        Running statistics of batch norm may differ between them; those of rank 0 are kept.
        """
        found = hashlib.sha256()
        for network in self.networks.values():
            for weight in network.parameters():
                found.update(weight.detach().cpu().contiguous().numpy().tobytes())
        return found.digest()

    def update(self, optimizer: str, *networks: torch.nn.Module) -> None:
        """Let an optimiser teach its networks by the gradients that were collected."""
        self.ranks.average(*networks)
        self.optimizers[optimizer].step()

    def augmented(self, x: torch.Tensor, purpose: int) -> torch.Tensor:
        """What D sees of the pictures N 3 H W, if the settings say that it sees them changed.

        The draws are those of the whole batch, of which this rank takes its own.
        """
        kinds, count = self.settings.augment, len(x) * self.ranks.count
        if not kinds:
            return x
        drawn = draws.augmentation(self.random(purpose), kinds, count, self.task.size)
        return augment(x, {kind: self._own(numbers, kind) for kind, numbers in drawn.items()})

    def _own(self, numbers: np.ndarray, kind: str) -> np.ndarray:
        return self.ranks.part(numbers, 1 if kind == "color" else 0)

    def begin(self, *generators: str) -> None:
        """Give `networks` their first weights, precision and, if so set, moving averages."""
        init_normal(self.networks.values(), self.settings.init_std, self.task.seed)
        for part, slope in self.without_norms():
            spread_by_fan_in(part, self.settings.init_std, slope)
        if getattr(self.settings, "residual", False):
            silence_last(*(self.networks[name] for name in generators))
        if self.settings.ema:
            self.averages = {
                name: copy.deepcopy(self.networks[name]).requires_grad_(False)
                for name in generators
            }
        for network in (*self.networks.values(), *self.averages.values()):
            mixed(network, self.settings.precision)

    def without_norms(self) -> list[tuple[nn.Module, float]]:
        """Parts of the networks that have no norm layers, each with its leaky ReLU's slope."""
        return []

    @torch.no_grad()
    def follow(self) -> None:
        """Draw the averages towards the networks; at first they follow closely."""
        decay = min(self.settings.ema, (1 + self.steps) / (10 + self.steps))
        for name, average in self.averages.items():
            torch._foreach_lerp_(_numbers(average), _numbers(self.networks[name]), 1 - decay)

    def shown(self, name: str) -> nn.Module:
        """The network that draws: its average, where there is one."""
        return self.averages.get(name, self.networks[name])

    def schedule(self, progress: float) -> None:
        """Let the learning rates fall as the settings say."""
        s, self.progress = self.settings, progress
        self.set_learning_rate(s.rate(progress), G=s.learning_rate_g, D=s.learning_rate_d)


def _numbers(network: nn.Module) -> list[torch.Tensor]:
    """Weights and running statistics, without the counts; sooner at hand than by `state_dict`."""
    return [*network.parameters(), *(b for b in network.buffers() if b.is_floating_point())]
