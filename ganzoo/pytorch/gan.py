"""What the built-in trainers share beyond a plugin's base: first weights, averages, schedule."""

import copy

import torch
from torch import nn

from ganzoo.pytorch.layers import init_normal, silence_last, spread_by_fan_in
from ganzoo.pytorch.training import TorchTrainer, mixed


class GAN(TorchTrainer):
    """Base of trainers whose settings are `ganzoo.settings.Adversaries`.

    The optimisers are called G and D.
    """

    progress = 0.0  # used fraction of the budget

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
