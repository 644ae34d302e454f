"""What holds a discriminator back that would otherwise learn few pictures by heart."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ganzoo.pytorch.ranks import ALONE, Ranks
from ganzoo.settings import R1_EVERY, Adversaries

MEMORY = 0.99  # of LeCam's anchors, each update


class Restraint:
    """R1 and LeCam of one discriminator, as the settings say."""

    def __init__(self, settings: Adversaries, device: torch.device):
        self.settings = settings
        self.ranks: Ranks = ALONE
        # LeCam's: mean logits of real pictures and of fakes. Changed in place, as weights are.
        self.anchors = torch.zeros(2, device=device)

    def loss(
        self,
        judge: Callable[[Tensor], Tensor],
        with_r1: bool,
        real: Tensor,
        real_logits: Tensor,
        fake_logits: Tensor,
    ) -> Tensor:
        """What is added to D's loss. `judge`: D, to be asked once more about `real` N 3 H W."""
        s, loss = self.settings, real_logits.new_zeros(())
        if s.lecam:
            loss = loss + s.lecam * self.lecam(real_logits, fake_logits)
        if with_r1:
            loss = loss + R1_EVERY * 0.5 * s.r1_gamma * r1(judge, real)
        return loss

    def lecam(self, real: Tensor, fake: Tensor) -> Tensor:
        """How far D's verdicts on real pictures are from its usual ones on fakes, and vice versa.

        Tseng et al. 2021, equation 3. The anchors are moving averages, and move first.
        """
        real, fake = (x.float() if x.dtype == torch.bfloat16 else x for x in (real, fake))
        now = self.ranks.mean(torch.stack([real.detach().mean(), fake.detach().mean()]))
        anchors = self.anchors.to(now)
        usual_real, usual_fake = usual = anchors + (1 - MEMORY) * (now - anchors)
        self.anchors.copy_(usual)
        return (real - usual_fake).square().mean() + (fake - usual_real).square().mean()


def r1_is_due(settings: Any, step: int) -> bool:
    """Is D taught by R1 in this step?"""
    return getattr(settings, "r1_gamma", 0.0) > 0 and step % R1_EVERY == 0


def r1(judge: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """How steep D is at real pictures (Mescheder et al. 2018, equation 9, before its weight).

    The verdict on a picture is the mean of its logits, of all patches and heads.
    """
    real = real.detach().requires_grad_(True)
    logits = judge(real)
    verdicts = logits.reshape(len(real), -1).mean(dim=1)
    (slope,) = torch.autograd.grad(verdicts.sum(), real, create_graph=True)
    return slope.square().sum(dim=(1, 2, 3)).mean()
