"""Batch norm over the pictures of all ranks, as one process has it over the whole batch.

Torch's own `SyncBatchNorm` refuses CPUs; this one is a few operations that autograd knows, with two
small messages a layer, and is the same code everywhere. It can be derived twice, as R1 needs.
"""

import torch
from torch import Tensor, nn

from ganzoo.pytorch.ranks import Ranks


class SyncBatchNorm(nn.BatchNorm2d):
    """Stands where `norm` stood, with its weights and running statistics; draws as it did."""

    def __init__(self, norm: nn.BatchNorm2d, ranks: Ranks):
        super().__init__(
            norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats
        )
        self.ranks, self.draw = ranks, type(norm).forward
        self.weight, self.bias = norm.weight, norm.bias
        self.running_mean, self.running_var = norm.running_mean, norm.running_var
        self.num_batches_tracked = norm.num_batches_tracked
        self.train(norm.training)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return self.draw(self, x)
        wide = x.float() if x.dtype == torch.bfloat16 else x
        mean = self.ranks.mean(wide.mean(dim=(0, 2, 3)))  # C
        centred = wide - mean[:, None, None]
        variance = self.ranks.mean(centred.square().mean(dim=(0, 2, 3)))
        if self.track_running_stats:
            self.follow(mean.detach(), variance.detach(), x[:, 0].numel() * self.ranks.count)
        made = centred * (variance + self.eps).rsqrt()[:, None, None]
        if self.affine:
            made = made * self.weight[:, None, None] + self.bias[:, None, None]
        return made.to(x.dtype)

    @torch.no_grad()
    def follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Draw the running statistics towards those of `count` numbers a channel."""
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)


def synchronise(network: nn.Module, ranks: Ranks) -> None:
    """Put a `SyncBatchNorm` into the place of each batch norm below `network`."""
    for part in list(network.modules()):
        for name, child in list(part.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(part, name, SyncBatchNorm(child, ranks))
