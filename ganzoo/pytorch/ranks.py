"""Several processes that train one model: each sees its part of every batch, all stay equal.

Not `DistributedDataParallel`: it wraps one network with one loss and averages inside `backward`,
wherever that is called. A GAN's step calls it for several losses through several networks, some of
which only pass their gradients on. Here the gradients of a network are averaged by one line of the
step, just before its optimiser takes them: in one flat bucket, once an update, in the same order
everywhere, and never those of a D that G is taught through. No buffer is sent around.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

Whole = TypeVar("Whole", bound=Any)  # an array or a tensor


@dataclass(frozen=True)
class Ranks:
    """One of `count` processes, whose process group is there; alone, nothing is sent.

    All losses are means over pictures and all parts are of one size, so that a mean over the ranks
    is the mean over the batch.
    """

    rank: int = 0
    count: int = 1

    def part(self, whole: Whole, axis: int = 0) -> Whole:
        """This rank's part of what is there for each picture of the batch, along `axis`."""
        size = whole.shape[axis] // self.count
        places = (slice(None),) * axis
        return whole[(*places, slice(self.rank * size, (self.rank + 1) * size))]

    def whole(self, part: Tensor) -> Tensor:
        """What all ranks have, in the order of the batch: N ... -> count·N ...; no gradients."""
        if self.count == 1:
            return part
        mine = part.detach().contiguous()
        parts = [torch.empty_like(mine) for _ in range(self.count)]
        dist.all_gather(parts, mine)
        return torch.cat(parts)

    def mean(self, x: Tensor) -> Tensor:
        """The mean of every rank's `x`, of one shape; gradients go back to all of them."""
        return _Mean.apply(x, self.count) if self.count > 1 else x

    def means(self, losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Each loss of the whole batch, where `losses` are those of this rank's part."""
        if self.count == 1:
            return dict(losses)
        found = self.mean(torch.stack([loss.detach() for loss in losses.values()]))
        return dict(zip(losses, found.unbind(), strict=True))

    @torch.no_grad()
    def average(self, *networks: nn.Module) -> None:
        """Let each network have the mean of all ranks' gradients, one network after the other."""
        for network in networks if self.count > 1 else ():
            gradients = [p.grad for p in network.parameters() if p.grad is not None]
            bucket = self.mean(torch.cat([gradient.flatten() for gradient in gradients]))
            parts = bucket.split([gradient.numel() for gradient in gradients])
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))


ALONE = Ranks()


class _Mean(torch.autograd.Function):
    """The mean over ranks, whose derivative is itself, so that it can be derived twice.

    What a rank's `backward` collects is averaged later. So the gradient that belongs to its `x` is
    count times the global loss's, and the global loss is the mean of the ranks' losses, on each of
    which x acts through the mean with weight 1/count: the mean of what comes back on all ranks.
    """

    @staticmethod
    def forward(context: Any, x: Tensor, count: int) -> Tensor:
        context.count = count
        total = x.detach().clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total / count

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _Mean.apply(gradient, context.count), None
