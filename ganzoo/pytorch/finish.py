"""The last layers at full size, and something for brush strokes to begin from."""

import torch
from torch import Tensor, nn

from ganzoo import draws
from ganzoo.settings import CycleGANResNet, CycleGANUNet


class Canvas(nn.Module):
    """Pictures N C S S -> N C+K S S: with K channels of fixed noise, the same for all of them.

    To a convolution one place of a smooth sky is like the next: it paints it all alike, or in lines
    that begin at the border. Noise tells the places apart, as it does for details in StyleGAN
    (Karras et al. 2019, section 3.2); being fixed, it lets a picture be drawn again.
    """

    noise: Tensor  # 1 K S S; a weight that is not learnt, so that whoever has the weights has it

    def __init__(self, channels: int, size: int):
        super().__init__()
        self.register_buffer("noise", torch.empty(1, channels, size, size))
        if not self.noise.is_meta:  # there, only work is counted
            self.noise.copy_(torch.from_numpy(draws.canvas(channels, size)))

    def forward(self, x: Tensor) -> Tensor:
        noise = self.noise.expand(x.shape[0], -1, -1, -1)  # len(x) would fix the batch of an export
        return torch.cat([x, noise], dim=1)


class Finish(nn.Module):
    """Features N W S S and the picture N 3 S S that they are of -> N 3 S S in [-1, 1]."""

    def __init__(self, s: CycleGANUNet | CycleGANResNet, size: int):
        super().__init__()
        self.canvas = Canvas(s.canvas, size)
        self.layers = nn.Sequential(
            nn.Conv2d(s.width + 3 + s.canvas, s.width, 3, 1, 1, bias=True),
            nn.ReLU(),
            nn.Conv2d(s.width, 3, 3, 1, 1, bias=True),
            nn.Tanh(),
        )

    def forward(self, features: Tensor, picture: Tensor) -> Tensor:
        return self.layers(self.canvas(torch.cat([features, picture], dim=1)))
