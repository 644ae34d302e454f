"""CycleGAN with the U-Net generator (Isola et al. 2017, arXiv 1611.07004)."""

import torch
from torch import Tensor, nn

from ganzoo import settings as options
from ganzoo.pytorch.cyclegan import CycleGAN
from ganzoo.pytorch.layers import doubling, norm


class Generator(nn.Module):
    """Picture N 3 H W -> picture N 3 H W in [-1, 1]; each level hands its features across."""

    def __init__(self, s: options.CycleGANUNet, size: int):
        super().__init__()
        self.residual = s.residual
        encoder, decoder = s.filters(size)
        bias = s.norm == "instance"
        last = len(encoder) - 1
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for i, (before, width) in enumerate(zip((3, *encoder), encoder, strict=False)):
            convolution = nn.Conv2d(before, width, 4, 2, 1, bias=bias)  # N W H/2^(i+1)
            layers: list[nn.Module] = [convolution]
            if i > 0:
                layers.insert(0, nn.LeakyReLU(s.slope))
            if 0 < i < last:  # a 1x1 bottleneck has nothing to normalise
                layers.append(norm(s, width))
            self.down.append(nn.Sequential(*layers))
        before = encoder[-1]
        for i, width in enumerate(decoder):
            layers = [
                nn.ReLU(),
                doubling(s, before, width, 4, bias),  # N W H/2^(last-i)
                norm(s, width),
            ]
            # The innermost layer never drops; the `dropout_layers` after it do.
            if s.dropout and 0 < i <= s.dropout_layers:
                layers.append(nn.Dropout(s.dropout))
            self.up.append(nn.Sequential(*layers))
            before = width + encoder[last - 1 - i]
        self.out = nn.Sequential(nn.ReLU(), doubling(s, before, 3, 4, True), nn.Tanh())

    def forward(self, given: Tensor) -> Tensor:
        x, skips = given, []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        skips.pop()
        for layer in self.up:
            x = torch.cat([layer(x), skips.pop()], dim=1)
        return given + self.out(x) if self.residual else self.out(x)


class CycleGANUNet(CycleGAN):
    """CycleGAN between two U-Nets."""

    Settings = options.CycleGANUNet

    def generator(self) -> nn.Module:
        return Generator(self.settings, self.task.size)
