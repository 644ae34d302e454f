"""CycleGAN: photographs to paintings and back, unpaired (Zhu et al. 2017, arXiv 1703.10593)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganzoo import draws
from ganzoo import settings as options
from ganzoo.pytorch.patchgan import PatchGAN
from ganzoo.pytorch.training import (
    GENERATE_BATCH,
    TorchTrainer,
    adam,
    frozen,
    gan_loss,
    init_normal,
    mixed,
    silence_last,
)
from ganzoo.trainer import Losses, Pictures, Task


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


class CycleGAN(TorchTrainer):
    """Trainer of G: X -> Y, F: Y -> X and their discriminators; X photographs, Y paintings."""

    source = "pictures"

    def __init__(self, settings: options.CycleGANUNet | options.CycleGANResNet, task: Task):
        super().__init__(settings, task)
        made = self.generator(), self.generator(), PatchGAN(settings), PatchGAN(settings)
        self.G, self.F, self.D_X, self.D_Y = (
            mixed(network.to(self.device), settings.precision) for network in made
        )
        self.networks = {"G": self.G, "F": self.F, "D_X": self.D_X, "D_Y": self.D_Y}
        init_normal(self.networks.values(), settings.init_std, task.seed)
        if settings.residual:
            silence_last(self.G, self.F)
        self.optimizers = {
            "G": adam(settings, settings.learning_rate_g, self.G, self.F),
            "D": adam(settings, settings.learning_rate_d, self.D_X, self.D_Y),
        }
        self.history = {"X": History(settings.history), "Y": History(settings.history)}

    def generator(self) -> nn.Module:
        """A new generator; each architecture has its own file."""
        raise NotImplementedError

    def schedule(self, progress: float) -> None:
        """Let the learning rates fall linearly to 0 after `decay_from` of the budget."""
        s = self.settings
        scale = min(1.0, (1 - progress) / (1 - s.decay_from)) if s.decay_from < 1 else 1.0
        self.set_learning_rate(scale, G=s.learning_rate_g, D=s.learning_rate_d)

    def step(self, source: Pictures, target: Pictures) -> Losses:
        x, y = self.tensors(source, target)
        self.steps += 1
        s = self.settings

        # Teach G and F: be taken for real, find the way back, leave the own domain alone.
        self.optimizers["G"].zero_grad()
        own_y, own_x = ([y], [x]) if s.lambda_identity else ([], [])
        fake_y, *same_y = self.passes(self.G, x, *own_y)
        fake_x, *same_x = self.passes(self.F, y, *own_x)
        cycle = l1_loss(self.F(fake_y), x) + l1_loss(self.G(fake_x), y)
        identity = sum(map(l1_loss, same_y + same_x, own_y + own_x), torch.zeros_like(cycle))
        with frozen(self.D_X, self.D_Y):
            fooled = gan_loss(s.loss, self.D_Y(fake_y), 1.0) + gan_loss(
                s.loss, self.D_X(fake_x), 1.0
            )
            (fooled + s.lambda_cycle * cycle + s.lambda_identity * identity).backward()
        if s.update == "generators-first":
            self.optimizers["G"].step()

        # Teach D_X and D_Y to tell real from fakes, some of them remembered.
        self.optimizers["D"].zero_grad()
        random = self.random(purpose=0)
        fake_y, fake_x = fake_y.detach().to(self.dtype), fake_x.detach().to(self.dtype)
        d_y = self.teach(self.D_Y, y, self.history["Y"].swap(fake_y, random))
        d_x = self.teach(self.D_X, x, self.history["X"].swap(fake_x, random))
        if s.update == "together":
            self.optimizers["G"].step()
        self.optimizers["D"].step()
        losses = {"G": fooled, "cycle": cycle, "identity": identity, "D_Y": d_y, "D_X": d_x}
        return {name: loss.detach() for name, loss in losses.items()}

    def passes(self, network: nn.Module, *batches: Tensor) -> Sequence[Tensor]:
        """The network's outputs for several batches; in one pass where the norm is per picture."""
        if self.settings.norm == "batch":
            return [network(batch) for batch in batches]
        return network(torch.cat(batches)).chunk(len(batches))

    def teach(self, D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """Collect D's gradients; its loss is halved to slow it down, as in the paper."""
        kind = self.settings.loss
        real_logits, fake_logits = self.passes(D, real, fake)
        loss = 0.5 * (gan_loss(kind, real_logits, 1.0) + gan_loss(kind, fake_logits, 0.0))
        loss.backward()
        return loss

    def translate(self, network: nn.Module, source: Pictures) -> Pictures:
        """Draw with batch norm one at a time, so that no picture depends on its neighbours."""
        batch = 1 if self.settings.norm == "batch" else GENERATE_BATCH
        return self.draw(network, source, batch)

    def generate(self, source: Pictures) -> Pictures:
        return self.translate(self.G, source)

    def views(self, source: Pictures, target: Pictures) -> dict[str, Pictures]:
        """There and back from both sides, and what G does to a real painting."""
        reverse = self.translate(self.F, target)
        return {
            "back": self.translate(self.F, self.generate(source)),
            "identity": self.generate(target),
            "reverse": reverse,
            "reverse_back": self.generate(reverse),
        }

    def memory(self) -> dict[str, Tensor]:
        return {
            f"history_{side}": torch.cat(h.fakes) for side, h in self.history.items() if h.fakes
        }

    def remember(self, tensors: dict[str, Tensor]) -> None:
        for side, history in self.history.items():
            kept = tensors.get(f"history_{side}")
            history.fakes = [] if kept is None else list(kept.split(1))
