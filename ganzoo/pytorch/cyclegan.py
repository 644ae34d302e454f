"""CycleGAN: photographs to paintings and back, unpaired (Zhu et al. 2017, arXiv 1703.10593)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganzoo import draws
from ganzoo import settings as options
from ganzoo.pytorch.gan import GAN
from ganzoo.pytorch.halves import Half, at_once
from ganzoo.pytorch.patchgan import PatchGAN
from ganzoo.pytorch.restraint import Restraint
from ganzoo.pytorch.training import (
    GENERATE_BATCH,
    adam,
    fooling_loss,
    frozen,
    gan_loss,
)
from ganzoo.trainer import Losses, Pictures, Task

PURPOSES = 7  # of draws in one lesson of D: the history's and six augmentations


class History:
    """The last fakes: once full, half of what D sees is older (Shrivastava et al. 2017)."""

    def __init__(self, size: int):
        self.size = size
        self.fakes: list[Tensor] = []  # each 1 3 H W, in training precision

    def swap(self, fakes: Tensor, random: np.random.Generator) -> Tensor:
        """Remember the fakes N 3 H W and give back as many, old and new."""
        drawn = draws.swaps(random, len(self.fakes), self.size, len(fakes))
        shown = []
        for fake, place, stored, old in zip(
            fakes.split(1), drawn.place, drawn.stored, drawn.shown, strict=True
        ):
            shown.append(self.fakes[place] if old else fake)
            if stored:
                self.fakes[place : place + 1] = [fake.clone()]  # alone: a view keeps its batch
        return torch.cat(shown)


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
        self.restraint = {"X": Restraint(settings), "Y": Restraint(settings)}

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

    def step(self, source: Pictures, target: Pictures) -> Losses:
        x, y = self.tensors(self.ranks.part(source), self.ranks.part(target))
        self.steps += 1
        s = self.settings

        # Teach G and F: be taken for real, find the way back, leave the own domain alone.
        self.optimizers["G"].zero_grad()
        with frozen(self.D_X, self.D_Y):
            to_y, to_x = self.at_once(
                lambda: self.translated(self.G, self.F, self.D_Y, x, y, 1),
                lambda: self.translated(self.F, self.G, self.D_X, y, x, 2),
            )
        if s.update == "generators-first":
            self.update("G", self.G, self.F)

        # Teach D_X and D_Y to tell real from fakes, some of them remembered.
        for lesson in range(s.d_steps):
            self.optimizers["D"].zero_grad()
            random, purpose = self.random(PURPOSES * lesson), PURPOSES * lesson + 3
            shown_y = self.remembered("Y", to_y.fake, random)
            shown_x = self.remembered("X", to_x.fake, random)
            d_y, d_x = self.at_once(
                partial(self.told_apart, "Y", y, shown_y, purpose),
                partial(self.told_apart, "X", x, shown_x, purpose + 2),
            )
            if s.update == "together" and lesson == 0:
                self.update("G", self.G, self.F)
            self.update("D", self.D_X, self.D_Y)
        self.follow()
        losses = {name: to_y.losses[name] + to_x.losses[name] for name in to_y.losses}
        return self.ranks.means(losses | {"D_Y": d_y, "D_X": d_x})

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
        purpose: int,
    ) -> Translated:
        """Collect the generators' gradients of one direction, from `source` N 3 H W on."""
        s = self.settings
        lambda_cycle, lambda_identity = s.lambdas(self.progress)
        own = [target] if s.lambda_identity else []
        fake, *same = self.passes(there, s.norm, source, *own)
        cycle = l1_loss(back(fake), source)
        identity = sum(map(l1_loss, same, own), torch.zeros_like(cycle))
        fooled = fooling_loss(s.loss, judge(self.augmented(fake, purpose)))
        (fooled + lambda_cycle * cycle + lambda_identity * identity).backward()
        losses = {"G": fooled, "cycle": cycle, "identity": identity}
        return Translated(
            fake.detach().to(self.dtype), {name: loss.detach() for name, loss in losses.items()}
        )

    def remembered(self, side: str, fakes: Tensor, random: np.random.Generator) -> Tensor:
        """What D is shown in the stead of this rank's fakes; the history is of all ranks'."""
        return self.ranks.part(self.history[side].swap(self.ranks.whole(fakes), random))

    def passes(self, network: nn.Module, norm: str, *batches: Tensor) -> Sequence[Tensor]:
        """The network's outputs for several batches; in one pass unless its norm is per batch."""
        if norm == "batch":
            return [network(batch) for batch in batches]
        return network(torch.cat(batches)).chunk(len(batches))

    def told_apart(self, side: str, real: Tensor, fake: Tensor, purpose: int) -> Tensor:
        """Collect the gradients of a side's D; its loss is halved to slow it down, as in the paper.

        What holds it back is not part of the loss given back.
        """
        kind, D = self.settings.loss, self.networks[f"D_{side}"]
        norm = self.settings.norm if self.settings.d_norm == "same" else "none"
        real, fake = self.augmented(real, purpose), self.augmented(fake, purpose + 1)
        real_logits, fake_logits = self.passes(D, norm, real, fake)
        loss = 0.5 * (gan_loss(kind, real_logits, 1.0) + gan_loss(kind, fake_logits, 0.0))
        held = self.restraint[side].loss(D, self.steps, real, real_logits, fake_logits)
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
        histories = {side: history.fakes for side, history in self.history.items()}
        kept = {f"history_{side}": torch.cat(fakes) for side, fakes in histories.items() if fakes}
        if self.settings.lecam:
            kept |= {f"lecam_{side}": r.anchors for side, r in self.restraint.items()}
        return kept

    def remember(self, tensors: dict[str, Tensor]) -> None:
        for side, history in self.history.items():
            kept = tensors.get(f"history_{side}")
            history.fakes = [] if kept is None else list(kept.split(1))
        for side, restraint in self.restraint.items():
            restraint.anchors = tensors.get(f"lecam_{side}", restraint.anchors)
