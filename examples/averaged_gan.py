"""tiny_gan.py with what most GANs have by now: averaged weights, R1 now and then, augmentation.

ganbench check examples/averaged_gan.py
ganbench run --plugin examples/averaged_gan.py --models averaged-gan,dcgan
"""

import copy
from dataclasses import dataclass

import torch
from torch import nn

from ganzoo.pytorch.training import TorchTrainer, frozen, gan_loss


@dataclass(frozen=True)
class Settings:
    latent: int = 32  # numbers in one latent vector
    batch: int = 32  # pictures a step
    width: int = 256  # units of each hidden layer
    learning_rate: float = 2e-4
    decay: float = 0.99  # of the averaged weights (Karras et al. 2018)
    r1_gamma: float = 1.0  # Mescheder et al. 2018
    r1_every: int = 16  # steps (Karras et al. 2020)
    shift: int = 4  # pixels at most (Zhao et al. 2020)


class AveragedGAN(TorchTrainer):
    source = "noise"
    Settings = Settings

    def __init__(self, settings, task):
        super().__init__(settings, task)
        w, pixels = settings.width, 3 * task.size**2
        G = nn.Sequential(
            nn.Linear(settings.latent, w),
            nn.LeakyReLU(0.2),
            nn.Linear(w, pixels),
            nn.Tanh(),
            nn.Unflatten(1, (3, task.size, task.size)),
        )
        D = nn.Sequential(nn.Flatten(), nn.Linear(pixels, w), nn.LeakyReLU(0.2), nn.Linear(w, 1))
        self.networks = {"G": G.to(self.device), "D": D.to(self.device)}
        # Saved and exported like the networks; anything kept elsewhere is lost in a resume.
        self.averages = {"G": copy.deepcopy(self.networks["G"])}
        self.optimizers = {
            name: torch.optim.Adam(net.parameters(), settings.learning_rate, betas=(0.5, 0.999))
            for name, net in self.networks.items()
        }

    def step(self, source, target):
        G, D = self.networks["G"], self.networks["D"]
        z, real = self.tensors(source, target)
        fake = G(z)

        # Teach D to tell real from fake. The names of losses are the same in every step: R1 is
        # part of D's.
        self.optimizers["D"].zero_grad()
        shown, made = self.shifted(real), self.shifted(fake.detach())
        d_loss = gan_loss("bce", D(shown), 1.0) + gan_loss("bce", D(made), 0.0)
        if self.steps % self.settings.r1_every == 0:
            d_loss = d_loss + self.settings.r1_every * self.r1(real)
        d_loss.backward()
        self.optimizers["D"].step()

        # Teach G to be taken for real.
        self.optimizers["G"].zero_grad()
        with frozen(D):
            g_loss = gan_loss("bce", D(self.shifted(fake)), 1.0)
            g_loss.backward()
        self.optimizers["G"].step()

        with torch.no_grad():
            for kept, new in zip(self.averages["G"].parameters(), G.parameters(), strict=True):
                kept.lerp_(new, 1 - self.settings.decay)
        return {"D": d_loss.detach(), "G": g_loss.detach()}

    def shifted(self, pictures):
        """All by the same few pixels: other ones in each step, the same ones after a resume."""
        most = self.settings.shift
        down, right = self.random(0).integers(-most, most + 1, 2).tolist()
        return torch.roll(pictures, (down, right), (2, 3))

    def r1(self, real):
        """How steep D is at real pictures."""
        real = real.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(self.networks["D"](real).sum(), real, create_graph=True)
        return 0.5 * self.settings.r1_gamma * slope.square().sum((1, 2, 3)).mean()

    def generate(self, source):
        return self.draw(self.averages["G"], source)
