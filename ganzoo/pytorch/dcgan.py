"""DCGAN: pictures from noise (Radford, Metz and Chintala 2016, arXiv 1511.06434)."""

from torch import Tensor, nn

from ganzoo import draws
from ganzoo import settings as options
from ganzoo.pytorch.augment import augment
from ganzoo.pytorch.training import (
    TorchTrainer,
    adam,
    doubling,
    frozen,
    gan_loss,
    init_normal,
    mixed,
)
from ganzoo.trainer import Losses, Noise, Pictures, Task


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
        for i, width in enumerate(reversed(inwards)):
            first = nn.ConvTranspose2d(channels, width, 4, 1, 0, bias=False) if i == 0 else None
            layers += [
                first or doubling(s, channels, width, 4, False),  # N W 4·2^i
                nn.BatchNorm2d(width, s.norm_epsilon, s.norm_momentum),
                nn.ReLU(inplace=True),
            ]
            channels = width
        layers += [doubling(s, channels, 3, 4, False), nn.Tanh()]  # N 3 H W
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None])


class Discriminator(nn.Module):
    """Picture N 3 H W -> logit N: real above zero."""

    def __init__(self, s: options.DCGAN, size: int):
        super().__init__()
        channels = 3
        layers: list[nn.Module] = []
        for i, width in enumerate(_widths(s.width, size)):
            layers.append(nn.Conv2d(channels, width, 4, 2, 1, bias=False))  # N W H/2^(i+1)
            if i > 0:
                layers.append(nn.BatchNorm2d(width, s.norm_epsilon, s.norm_momentum))
            layers.append(nn.LeakyReLU(s.slope, inplace=True))
            if s.dropout:
                layers.append(nn.Dropout(s.dropout))
            channels = width
        layers.append(nn.Conv2d(channels, 1, 4, 1, 0, bias=False))  # N 1 1 1
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).flatten()


class DCGAN(TorchTrainer):
    """Trainer of both networks with the non-saturating loss."""

    source = "noise"
    Settings = options.DCGAN

    def __init__(self, settings: options.DCGAN, task: Task):
        super().__init__(settings, task)
        self.G, self.D = (
            mixed(network(settings, task.size).to(self.device), settings.precision)
            for network in (Generator, Discriminator)
        )
        self.networks = {"G": self.G, "D": self.D}
        init_normal(self.networks.values(), settings.init_std, task.seed)
        self.optimizers = {
            "G": adam(settings, settings.learning_rate_g, self.G),
            "D": adam(settings, settings.learning_rate_d, self.D),
        }

    def step(self, source: Noise, target: Pictures) -> Losses:
        z, real = self.tensors(source, target)
        self.steps += 1
        fake = self.G(z)

        # Teach D to tell real from fake.
        self.optimizers["D"].zero_grad()
        d_loss = gan_loss("bce", self.judge(real, 0), self.settings.real_label)
        d_loss = d_loss + gan_loss("bce", self.judge(fake.detach(), 1), 0.0)
        d_loss.backward()
        self.optimizers["D"].step()

        # Teach G to be taken for real.
        self.optimizers["G"].zero_grad()
        with frozen(self.D):
            g_loss = gan_loss("bce", self.judge(fake, 2), 1.0)
            g_loss.backward()
        self.optimizers["G"].step()
        return {"D": d_loss.detach(), "G": g_loss.detach()}

    def judge(self, x: Tensor, purpose: int) -> Tensor:
        """D's logits of the pictures, augmented if the settings say so."""
        kinds, random = self.settings.augment, self.random(purpose)
        return self.D(augment(x, draws.augmentation(random, kinds, len(x), self.task.size)))

    def generate(self, source: Noise) -> Pictures:
        return self.draw(self.G, source)
