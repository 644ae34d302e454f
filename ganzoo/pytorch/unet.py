"""CycleGAN with the U-Net generator (Isola et al. 2017, arXiv 1611.07004)."""

import torch
from torch import Tensor, nn

from ganzoo import settings as options
from ganzoo.pytorch.cyclegan import CycleGAN
from ganzoo.pytorch.finish import Finish
from ganzoo.pytorch.layers import AcrossReLU, doubling, norm


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
            if 0 < i < last or (i == last and s.bottleneck_norm):  # at 1x1 nothing to normalise
                layers.append(norm(s, width, of_one=i == last))
            self.down.append(nn.Sequential(*layers))
        before, own = encoder[-1], 0
        for i, width in enumerate(decoder):
            layers = [
                rectifier(s, own),
                doubling(s, before, width, 4, bias),  # N W H/2^(last-i)
                norm(s, width),
            ]
            # The innermost layer never drops; the `dropout_layers` after it do.
            if s.dropout and 0 < i <= s.dropout_layers:
                layers.append(nn.Dropout(s.dropout))
            self.up.append(nn.Sequential(*layers))
            before, own = width + encoder[last - 1 - i], width
        made = s.width if s.canvas else 3
        layers = [rectifier(s, own), doubling(s, before, made, 4, True)]
        self.out = nn.Sequential(*layers, *([] if s.canvas else [nn.Tanh()]))
        self.finish = Finish(s, size) if s.canvas else None

    def forward(self, given: Tensor) -> Tensor:
        x, skips = given, []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        skips.pop()
        for layer in self.up:
            x = torch.cat([layer(x), skips.pop()], dim=1)
        made = self.finish(self.out(x), given) if self.finish is not None else self.out(x)
        return given + made if self.residual else made


def rectifier(s: options.CycleGANUNet, own: int) -> nn.Module:
    """What a decoder's features go through: the first `own` channels, then those from across."""
    return AcrossReLU(own, s.slope) if s.skips == "leaky" else nn.ReLU()


class CycleGANUNet(CycleGAN):
    """CycleGAN between two U-Nets."""

    Settings = options.CycleGANUNet

    def generator(self) -> nn.Module:
        return Generator(self.settings, self.task.size)
