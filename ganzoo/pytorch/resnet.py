"""CycleGAN with the residual generator (Johnson et al. 2016, arXiv 1603.08155), the paper's own."""

from torch import Tensor, nn

from ganzoo import settings as options
from ganzoo.pytorch.cyclegan import CycleGAN
from ganzoo.pytorch.finish import Finish
from ganzoo.pytorch.layers import doubling, norm


class Block(nn.Module):
    """Two 3x3 convolutions and the way round them."""

    def __init__(self, s: options.CycleGANResNet, width: int):
        super().__init__()
        bias = s.norm == "instance"
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, 1, 0, bias=bias),
            norm(s, width),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, 1, 0, bias=bias),
            norm(s, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Generator(nn.Module):
    """Picture N 3 H W -> picture N 3 H W in [-1, 1]: down twice, residual blocks, up twice."""

    def __init__(self, s: options.CycleGANResNet, size: int):
        super().__init__()
        self.residual = s.residual
        bias, w = s.norm == "instance", s.width
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, w, 7, 1, 0, bias=bias), norm(s, w), nn.ReLU()]
        for before, after in ((w, 2 * w), (2 * w, 4 * w)):  # N 4W H/4
            layers += [nn.Conv2d(before, after, 3, 2, 1, bias=bias), norm(s, after), nn.ReLU()]
        layers += [Block(s, 4 * w) for _ in range(s.blocks)]
        for before, after in ((4 * w, 2 * w), (2 * w, w)):  # N W H
            layers += [doubling(s, before, after, 3, bias), norm(s, after), nn.ReLU()]
        if not s.canvas:
            layers += [nn.ReflectionPad2d(3), nn.Conv2d(w, 3, 7, 1, 0, bias=True), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.finish = Finish(s, size) if s.canvas else None

    def forward(self, x: Tensor) -> Tensor:
        made = self.finish(self.layers(x), x) if self.finish is not None else self.layers(x)
        return x + made if self.residual else made


class CycleGANResNet(CycleGAN):
    """CycleGAN between two residual generators."""

    Settings = options.CycleGANResNet

    def generator(self) -> nn.Module:
        return Generator(self.settings, self.task.size)
