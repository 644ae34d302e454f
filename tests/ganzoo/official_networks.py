"""The published generators, built from their lists of layers: what weights come in the names of.

Written for the tests, apart from ganzoo's, so that one can be held against the other.
"""

import torch
from torch import nn


class Added(nn.Module):
    """A residual block: pad, convolve, normalise, rectify, and once more without the last."""

    def __init__(self, width, norm, bias, dropout):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=bias), norm(width)]
        layers += [nn.ReLU(True), *([nn.Dropout(0.5)] if dropout else [])]
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=bias), norm(width)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


def norm_of(kind):
    if kind == "batch":
        return nn.BatchNorm2d, False
    return (lambda width: nn.InstanceNorm2d(width, affine=False, track_running_stats=False)), True


class ResNet(nn.Module):
    """The CycleGAN generator; 9 blocks at 256 px, 6 at 128."""

    def __init__(self, width=64, blocks=9, norm="instance", dropout=False):
        super().__init__()
        make, bias = norm_of(norm)
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7, bias=bias), make(width)]
        layers.append(nn.ReLU(True))
        for w in (width, 2 * width):
            layers.append(nn.Conv2d(w, 2 * w, 3, stride=2, padding=1, bias=bias))
            layers += [make(2 * w), nn.ReLU(True)]
        layers += [Added(4 * width, make, bias, dropout) for _ in range(blocks)]
        for w in (4 * width, 2 * width):
            twice = {"stride": 2, "padding": 1, "output_padding": 1}
            layers.append(nn.ConvTranspose2d(w, w // 2, 3, bias=bias, **twice))
            layers += [make(w // 2), nn.ReLU(True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


class Level(nn.Module):
    """A level of the U-Net with all deeper ones within; it hands on what it was given, too."""

    def __init__(self, outside, inside, norm, within=None, outermost=False):
        super().__init__()
        make, bias = norm_of(norm)
        self.outermost = outermost
        down = nn.Conv2d(3 if outermost else outside, inside, 4, 2, 1, bias=bias)
        given = inside if within is None else 2 * inside
        up = nn.ConvTranspose2d(given, outside, 4, 2, 1, bias=bias or outermost)
        leaky, relu = nn.LeakyReLU(0.2, True), nn.ReLU(True)
        if outermost:
            layers = [down, within, relu, up, nn.Tanh()]
        elif within is None:
            layers = [leaky, down, relu, up, make(outside)]
        else:
            layers = [leaky, down, make(inside), within, relu, up, make(outside)]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        made = self.model(x)
        return made if self.outermost else torch.cat([x, made], 1)


class UNet(nn.Module):
    """The pix2pix generator: `depth` 8 for 256 px, 7 for 128."""

    def __init__(self, width=64, depth=8, norm="batch"):
        super().__init__()
        widths = [width * min(2**i, 8) for i in range(depth)]
        level = Level(widths[-2], widths[-1], norm)
        for i in range(depth - 2, 0, -1):
            level = Level(widths[i - 1], widths[i], norm, level)
        self.model = Level(3, widths[0], norm, level, outermost=True)

    def forward(self, x):
        return self.model(x)


class DCGAN(nn.Module):
    """The example's netG, for 64 px unless `doublings` says otherwise."""

    def __init__(self, latent=100, width=64, doublings=4):
        super().__init__()
        layers, before = [], latent
        for i in range(doublings):
            after = width * min(2 ** (doublings - 1 - i), 8)
            place = (1, 0) if i == 0 else (2, 1)
            layers.append(nn.ConvTranspose2d(before, after, 4, *place, bias=False))
            layers += [nn.BatchNorm2d(after), nn.ReLU(True)]
            before = after
        layers += [nn.ConvTranspose2d(before, 3, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z):
        return self.main(z)


def patch_discriminator(width=8):
    """Their PatchGAN, whose file must not be taken for a generator's."""
    layers = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    layers += [nn.Conv2d(width, 2 * width, 4, 2, 1), nn.InstanceNorm2d(2 * width)]
    return nn.ModuleDict({"model": nn.Sequential(*layers, nn.Conv2d(2 * width, 1, 4, 1, 1))})


def at_random(network, seed=0, std=0.02):
    """Weights, biases and statistics that nobody would have by chance."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 2)
            elif value.is_floating_point():
                value.normal_(float(value.ndim == 1 and name.endswith("weight")), std)
    return network
