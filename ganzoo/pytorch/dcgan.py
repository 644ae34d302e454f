"""DCGAN: pictures from noise (Radford, Metz and Chintala 2016, arXiv 1511.06434)."""

from torch import Tensor, nn

from ganzoo import draws, enlarge
from ganzoo import settings as options
from ganzoo.pytorch.gan import GAN
from ganzoo.pytorch.inlet import Fed, Feed
from ganzoo.pytorch.layers import DenseStart, MinibatchStd, doubling, judging
from ganzoo.pytorch.restraint import Restraint
from ganzoo.pytorch.training import adam, fooling_loss, frozen, gan_loss
from ganzoo.trainer import Noise, Pictures, Task


def _widths(width: int, size: int) -> list[int]:
    """Filters from the layer nearest the picture inwards, down to 4 by 4 pixels."""
    return [width * min(2**i, 8) for i in range(size.bit_length() - 3)]


class Generator(nn.Module):
    """Latent N Z -> picture N 3 H W in [-1, 1]."""

    def __init__(self, s: options.DCGAN, size: int):
        super().__init__()
        inwards = _widths(s.width, size)
        channels = s.latent
        layers: list[nn.Module] = []
        for i, width in enumerate(reversed(inwards)):  # N W 4·2^i
            if i == 0 and s.dense_start:
                layers.append(DenseStart(channels, width, s.norm_epsilon, s.norm_momentum))
            else:
                first = nn.ConvTranspose2d(channels, width, 4, 1, 0, bias=False) if i == 0 else None
                layers.append(first or doubling(s, channels, width, 4, False))
                layers.append(nn.BatchNorm2d(width, s.norm_epsilon, s.norm_momentum))
            layers.append(nn.ReLU(inplace=True))
            channels = width
        layers += [doubling(s, channels, 3, 4, False), nn.Tanh()]  # N 3 H W
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None])


class Discriminator(nn.Module):
    """Picture N 3 H W -> logit N, real above zero; N 2 of two heads, for two objectives."""

    def __init__(self, s: options.DCGAN, size: int):
        super().__init__()
        channels = 3
        layers: list[nn.Module] = []
        for i, width in enumerate(_widths(s.width, size)):
            layers.append(judging(s, channels, width, 4, 2, 1, bias=False))  # N W H/2^(i+1)
            if i > 0:
                layers.append(nn.BatchNorm2d(width, s.norm_epsilon, s.norm_momentum))
            layers.append(nn.LeakyReLU(s.slope, inplace=True))
            if s.dropout:
                layers.append(nn.Dropout(s.dropout))
            channels = width
        if s.minibatch_std:
            layers.append(MinibatchStd())
        heads = 2 if s.loss == "two-objective" else 1
        last = judging(s, channels + s.minibatch_std, heads, 4, 1, 0, bias=False)  # N heads 1 1
        self.layers = nn.Sequential(*layers, last)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).flatten(1).squeeze(1)


class DCGAN(GAN):
    """Trainer of both networks with the non-saturating loss."""

    source = "noise"
    Settings = options.DCGAN

    def __init__(self, settings: options.DCGAN, task: Task):
        super().__init__(settings, task)
        self.G, self.D = (
            network(settings, task.size).to(self.device) for network in (Generator, Discriminator)
        )
        self.networks = {"G": self.G, "D": self.D}
        self.begin("G")
        self.optimizers = {
            "G": adam(settings, settings.learning_rate_g, self.G),
            "D": adam(settings, settings.learning_rate_d, self.D),
        }
        self.restraint = Restraint(settings, self.device)

    def join(self, rank: int, count: int, sync_batchnorm: bool) -> None:
        super().join(rank, count, sync_batchnorm)
        self.restraint.ranks = self.ranks

    def feed(self, source: Noise, target: Pictures) -> Feed:
        if self.settings.enlarge:
            random = self.random(draws.ENLARGED)
            target = enlarge.enlarged(random, self.settings.enlarge, target)
        lessons = [3 * lesson for lesson in range(self.settings.d_steps)]
        purposes = 2, *lessons, *(first + 1 for first in lessons)
        pictures = {"z": self.ranks.part(source), "real": self.ranks.part(target)}
        return pictures | self.augmentations(len(target), *purposes)

    def learn(self, fed: Fed, with_r1: bool) -> dict[str, Tensor]:
        s = self.settings
        z, real = self.scaled(fed["z"]), self.scaled(fed["real"])
        fake = self.G(z)

        # Teach D to tell real from fake.
        for lesson in range(s.d_steps):
            self.optimizers["D"].zero_grad()
            d_loss = self.told_apart(real, fake.detach(), fed, 3 * lesson, with_r1)
            self.update("D", self.D)

        # Teach G to be taken for real.
        self.optimizers["G"].zero_grad()
        with frozen(self.D):
            g_loss = fooling_loss(s.loss, self.judge(fake, fed, 2))
            g_loss.backward()
        self.update("G", self.G)
        self.follow(fed)
        return {"D": d_loss.detach(), "G": g_loss.detach()}

    def told_apart(
        self, real: Tensor, fake: Tensor, fed: Fed, purpose: int, with_r1: bool
    ) -> Tensor:
        """Collect D's gradients; its loss without what holds it back."""
        s = self.settings
        real_logits = self.judge(real, fed, purpose)
        fake_logits = self.judge(fake, fed, purpose + 1)
        loss = gan_loss(s.loss, real_logits, s.real_label) + gan_loss(s.loss, fake_logits, 0.0)
        held = self.restraint.loss(
            lambda x: self.judge(x, fed, purpose), with_r1, real, real_logits, fake_logits
        )
        (loss + held).backward()
        return loss

    def judge(self, x: Tensor, fed: Fed, purpose: int) -> Tensor:
        """D's logits of the pictures, augmented if the settings say so."""
        return self.D(self.augmented(x, fed, purpose))

    def generate(self, source: Noise) -> Pictures:
        return self.draw(self.shown("G"), source)

    def raw(self, source: Noise) -> Pictures | None:
        return self.draw(self.G, source) if self.averages else None

    def memory(self) -> dict[str, Tensor]:
        return {"lecam": self.restraint.anchors} if self.settings.lecam else {}

    def remember(self, tensors: dict[str, Tensor]) -> None:
        if "lecam" in tensors:
            self.restraint.anchors.copy_(tensors["lecam"])
