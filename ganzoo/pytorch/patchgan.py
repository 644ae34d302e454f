"""PatchGAN discriminator: one verdict for each overlapping patch (Isola et al. 2017)."""

from torch import Tensor, nn

from ganzoo.pytorch.layers import judging, norm
from ganzoo.settings import CycleGANResNet, CycleGANUNet


class PatchGAN(nn.Module):
    """Picture N 3 H W -> logits N 1 H/8-2 W/8-2 with three stride-2 layers: 70x70 patches.

    Two heads, for two objectives, give N 2 ...
    """

    def __init__(self, s: CycleGANUNet | CycleGANResNet):
        super().__init__()
        normed = s.d_norm == "same"
        bias = s.norm == "instance" or not normed
        channels = 3
        layers: list[nn.Module] = []
        for i in range(s.d_layers + 1):
            width = s.d_width * min(2**i, 8)
            stride = 2 if i < s.d_layers else 1
            layers.append(judging(s, channels, width, 4, stride, 1, bias=bias or i == 0))
            if i > 0 and normed:
                layers.append(norm(s, width))
            layers.append(nn.LeakyReLU(s.slope))
            channels = width
        heads = 2 if s.loss == "two-objective" else 1
        layers.append(judging(s, channels, heads, 4, 1, 1, bias=True))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
