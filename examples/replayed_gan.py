"""The GAN of tiny_gan.py, written so that a GPU can replay its steps as one graph.

ganbench check examples/replayed_gan.py
ganbench run --plugin examples/replayed_gan.py --models replayed-gan,dcgan
"""

from dataclasses import dataclass

from torch import nn

from ganzoo.pytorch.gan import GAN
from ganzoo.pytorch.training import adam, frozen, gan_loss


@dataclass(frozen=True)
class Settings:
    latent: int = 32  # numbers in one latent vector
    batch: int = 32  # pictures a step
    width: int = 256  # units of each hidden layer
    learning_rate_g: float = 2e-4
    learning_rate_d: float = 2e-4
    beta1: float = 0.5  # Adam
    beta2: float = 0.999
    adam_epsilon: float = 1e-8


class ReplayedGAN(GAN):
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
            "G": adam(settings, settings.learning_rate_g, G),
            "D": adam(settings, settings.learning_rate_d, D),
        }

    def feed(self, source, target):
        """All that the host decides: arrays, of the same shapes in every step."""
        return {"z": self.ranks.part(source), "real": self.ranks.part(target)}

    def learn(self, fed, with_r1):
        """The rest, which reads nothing but `fed` and what it changes in place."""
        G, D = self.networks["G"], self.networks["D"]
        z, real = self.scaled(fed["z"]), self.scaled(fed["real"])
        fake = G(z)

        # Teach D to tell real from fake.
        self.optimizers["D"].zero_grad()
        d_loss = gan_loss("bce", D(real), 1.0) + gan_loss("bce", D(fake.detach()), 0.0)
        d_loss.backward()
        self.update("D", D)

        # Teach G to be taken for real.
        self.optimizers["G"].zero_grad()
        with frozen(D):
            g_loss = gan_loss("bce", D(fake), 1.0)
            g_loss.backward()
        self.update("G", G)
        return {"D": d_loss.detach(), "G": g_loss.detach()}

    def generate(self, source):
        return self.draw(self.networks["G"], source)
