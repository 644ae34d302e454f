"""A complete plugin: a small fully connected GAN (Goodfellow et al. 2014) with its training step.

ganbench check examples/tiny_gan.py
ganbench run --plugin examples/tiny_gan.py --models tiny-gan,dcgan
"""

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


class TinyGAN(TorchTrainer):
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
        self.optimizers = {
            name: torch.optim.Adam(net.parameters(), settings.learning_rate, betas=(0.5, 0.999))
            for name, net in self.networks.items()
        }

    def step(self, source, target):
        G, D = self.networks["G"], self.networks["D"]
        z, real = self.tensors(source, target)
        fake = G(z)

        # Teach D to tell real from fake.
        self.optimizers["D"].zero_grad()
        d_loss = gan_loss("bce", D(real), 1.0) + gan_loss("bce", D(fake.detach()), 0.0)
        d_loss.backward()
        self.optimizers["D"].step()

        # Teach G to be taken for real.
        self.optimizers["G"].zero_grad()
        with frozen(D):
            g_loss = gan_loss("bce", D(fake), 1.0)
            g_loss.backward()
        self.optimizers["G"].step()
        return {"D": d_loss.detach(), "G": g_loss.detach()}

    def generate(self, source):
        return self.draw(self.networks["G"], source)
