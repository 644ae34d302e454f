"""CycleGAN: photographs to paintings and back, unpaired (Zhu et al. 2017, arXiv 1703.10593)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganzoo import settings as options
from ganzoo.pytorch.gan import GAN
from ganzoo.pytorch.halves import Half, at_once
from ganzoo.pytorch.history import DRAWN, History
from ganzoo.pytorch.inlet import Fed, Feed
from ganzoo.pytorch.patchgan import PatchGAN
from ganzoo.pytorch.restraint import Restraint
from ganzoo.pytorch.training import (
    GENERATE_BATCH,
    adam,
    fooling_loss,
    frozen,
    gan_loss,
)
from ganzoo.trainer import Pictures, Task

PURPOSES = 7  # of draws in one lesson of D: the history's and six augmentations


class Translated(NamedTuple):
    """One direction of a step of the generators."""

    fake: Tensor  # N 3 H W, in training precision
    losses: dict[str, Tensor]


class CycleGAN(GAN):
    """Trainer of G: X -> Y, F: Y -> X and their discriminators; X photographs, Y paintings."""

    source = "pictures"

    def __init__(self, settings: options.CycleGANUNet | options.CycleGANResNet, task: Task):
        super().__init__(settings, task)
        made = self.generator(), self.generator(), PatchGAN(settings), PatchGAN(settings)
        self.G, self.F, self.D_X, self.D_Y = (network.to(self.device) for network in made)
        self.networks = {"G": self.G, "F": self.F, "D_X": self.D_X, "D_Y": self.D_Y}
        self.begin("G", "F")
        self.optimizers = {
            "G": adam(settings, settings.learning_rate_g, self.G, self.F),
            "D": adam(settings, settings.learning_rate_d, self.D_X, self.D_Y),
        }
        self.history = {"X": History(settings.history), "Y": History(settings.history)}
        self.restraint = {side: Restraint(settings, self.device) for side in "XY"}

    def join(self, rank: int, count: int, sync_batchnorm: bool) -> None:
        super().join(rank, count, sync_batchnorm)
        for restraint in self.restraint.values():
            restraint.ranks = self.ranks

    def generator(self) -> nn.Module:
        """A new generator; each architecture has its own file."""
        raise NotImplementedError

    def without_norms(self) -> list[tuple[nn.Module, float]]:
        judges = (self.D_X, self.D_Y) if self.settings.d_norm == "none" else ()
        generators = (self.G, self.F) if self.settings.canvas else ()
        return [
            *((D, self.settings.slope) for D in judges),
            *((g.finish.layers[0], 0.0) for g in generators),
        ]

    def feed(self, source: Pictures, target: Pictures) -> Feed:
        s, count = self.settings, len(target)
        lambda_cycle, lambda_identity = map(self.number, s.lambdas(self.progress))
        fed = {
            "x": self.ranks.part(source),
            "y": self.ranks.part(target),
            "lambda_cycle": lambda_cycle,
            "lambda_identity": lambda_identity,
        }
        fed |= self.augmentations(count, 1, 2)
        for lesson in range(s.d_steps):
            first, random = PURPOSES * lesson, self.random(PURPOSES * lesson)
            for side in "YX":
                drawn = self.history[side].draw(random, count)
                fed |= {f"{what} {side} {lesson}": numbers for what, numbers in drawn.items()}
            fed |= self.augmentations(count, *range(first + 3, first + PURPOSES))
        return fed

    def learn(self, fed: Fed, with_r1: bool) -> dict[str, Tensor]:
        x, y = self.scaled(fed["x"]), self.scaled(fed["y"])
        s = self.settings

        # Teach G and F: be taken for real, find the way back, leave the own domain alone.
        self.optimizers["G"].zero_grad()
        with frozen(self.D_X, self.D_Y):
            to_y, to_x = self.at_once(
                lambda: self.translated(self.G, self.F, self.D_Y, x, y, fed, 1),
                lambda: self.translated(self.F, self.G, self.D_X, y, x, fed, 2),
            )
        if s.update == "generators-first":
            self.update("G", self.G, self.F)

        # Teach D_X and D_Y to tell real from fakes, some of them remembered.
        for lesson in range(s.d_steps):
            self.optimizers["D"].zero_grad()
            purpose = PURPOSES * lesson + 3
            shown_y = self.remembered("Y", to_y.fake, fed, lesson)
            shown_x = self.remembered("X", to_x.fake, fed, lesson)
            d_y, d_x = self.at_once(
                partial(self.told_apart, "Y", y, shown_y, fed, purpose, with_r1),
                partial(self.told_apart, "X", x, shown_x, fed, purpose + 2, with_r1),
            )
            if s.update == "together" and lesson == 0:
                self.update("G", self.G, self.F)
            self.update("D", self.D_X, self.D_Y)
        self.follow(fed)
        losses = {name: to_y.losses[name] + to_x.losses[name] for name in to_y.losses}
        return losses | {"D_Y": d_y, "D_X": d_x}

    def at_once(self, first: Callable[[], Half], second: Callable[[], Half]) -> tuple[Half, Half]:
        """Both directions of a step, side by side where that changes nothing.

        It would where both draw from torch's generator, and between ranks, whose messages must
        come in one order.
        """
        if getattr(self.settings, "dropout", 0.0) or self.ranks.count > 1:
            return first(), second()
        return at_once(first, second, self.device)

    def translated(
        self,
        there: nn.Module,
        back: nn.Module,
        judge: nn.Module,
        source: Tensor,
        target: Tensor,
        fed: Fed,
        purpose: int,
    ) -> Translated:
        """Collect the generators' gradients of one direction, from `source` N 3 H W on."""
        s = self.settings
        lambda_cycle, lambda_identity = fed["lambda_cycle"], fed["lambda_identity"]
        own = [target] if s.lambda_identity else []
        fake, *same = self.passes(there, s.norm, source, *own)
        cycle = l1_loss(back(fake), source)
        identity = sum(map(l1_loss, same, own), torch.zeros_like(cycle))
        fooled = fooling_loss(s.loss, judge(self.augmented(fake, fed, purpose)))
        (fooled + lambda_cycle * cycle + lambda_identity * identity).backward()
        losses = {"G": fooled, "cycle": cycle, "identity": identity}
        return Translated(
            fake.detach().to(self.dtype), {name: loss.detach() for name, loss in losses.items()}
        )

    def remembered(self, side: str, fakes: Tensor, fed: Fed, lesson: int) -> Tensor:
        """What D is shown in the stead of this rank's fakes; the history is of all ranks'."""
        drawn = {what: fed[f"{what} {side} {lesson}"] for what in DRAWN}
        return self.ranks.part(self.history[side].swap(self.ranks.whole(fakes), drawn))

    def passes(self, network: nn.Module, norm: str, *batches: Tensor) -> Sequence[Tensor]:
        """The network's outputs for several batches; in one pass unless its norm is per batch."""
        if norm == "batch":
            return [network(batch) for batch in batches]
        return network(torch.cat(batches)).chunk(len(batches))

    def told_apart(
        self, side: str, real: Tensor, fake: Tensor, fed: Fed, purpose: int, with_r1: bool
    ) -> Tensor:
        """Collect the gradients of a side's D; its loss is halved to slow it down, as in the paper.

        What holds it back is not part of the loss given back.
        """
        kind, D = self.settings.loss, self.networks[f"D_{side}"]
        norm = self.settings.norm if self.settings.d_norm == "same" else "none"
        real, fake = self.augmented(real, fed, purpose), self.augmented(fake, fed, purpose + 1)
        real_logits, fake_logits = self.passes(D, norm, real, fake)
        loss = 0.5 * (gan_loss(kind, real_logits, 1.0) + gan_loss(kind, fake_logits, 0.0))
        held = self.restraint[side].loss(D, with_r1, real, real_logits, fake_logits)
        (loss + held).backward()
        return loss.detach()

    def translate(self, network: nn.Module, source: Pictures) -> Pictures:
        """Draw with batch norm one at a time, so that no picture depends on its neighbours."""
        batch = 1 if self.settings.norm == "batch" else GENERATE_BATCH
        return self.draw(network, source, batch)

    def generate(self, source: Pictures) -> Pictures:
        return self.translate(self.shown("G"), source)

    def raw(self, source: Pictures) -> Pictures | None:
        return self.translate(self.G, source) if self.averages else None

    def reverse(self, target: Pictures) -> Pictures:
        return self.translate(self.shown("F"), target)

    def views(self, source: Pictures, target: Pictures) -> dict[str, Pictures]:
        """There and back from both sides, and what G does to a real painting."""
        reverse = self.reverse(target)
        return {
            "back": self.reverse(self.generate(source)),
            "identity": self.generate(target),
            "reverse": reverse,
            "reverse_back": self.generate(reverse),
        }

    def memory(self) -> dict[str, Tensor]:
        histories = {f"history_{side}": h.memory() for side, h in self.history.items()}
        kept = {name: fakes for name, fakes in histories.items() if fakes is not None}
        if self.settings.lecam:
            kept |= {f"lecam_{side}": r.anchors for side, r in self.restraint.items()}
        return kept

    def remember(self, tensors: dict[str, Tensor]) -> None:
        for side, history in self.history.items():
            history.remember(tensors.get(f"history_{side}"))
        for side, restraint in self.restraint.items():
            restraint.anchors.copy_(tensors.get(f"lecam_{side}", restraint.anchors))
