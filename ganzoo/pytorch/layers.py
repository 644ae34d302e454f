"""Layers that torch has not, or has with other defaults, and what all weights start from."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from ganzoo import draws
from ganzoo.folding import FOLD, MANY
from ganzoo.pytorch.ranks import ALONE, Ranks


class ResizeConv(nn.Conv2d):
    """Twice the size, then a 3x3 convolution: no place is written more often than another."""

    def __init__(self, before: int, after: int, mode: str, bias: bool):
        super().__init__(before, after, 3, 1, 1, bias=bias)
        self.resize = {"mode": mode, "align_corners": None if mode == "nearest" else False}

    def forward(self, x: Tensor) -> Tensor:
        pixels = x.numel() // self.in_channels
        if self.resize["mode"] == "nearest" and pixels >= MANY and _in_float(x):
            return fn.conv_transpose2d(x, self.folded(), self.bias, 2, 1)
        return super().forward(fn.interpolate(x, scale_factor=2.0, **self.resize))

    def folded(self) -> Tensor:
        """C C' 4 4: of the transposed convolution that is the same, see ganzoo/folding.py."""
        taps = self.weight.transpose(0, 1).flatten(2)  # C C' 9
        return (taps @ torch.from_numpy(FOLD)).unflatten(2, (4, 4))


def _in_float(x: Tensor) -> bool:
    """On a CPU in float32, of which float64 is the yardstick; bfloat16 would round the sums."""
    return x.dtype == torch.float32 and x.is_cpu and not torch.is_autocast_enabled("cpu")


class SpectralConv(nn.Conv2d):
    """A convolution whose weight, as a matrix of filters, is divided by its largest singular value.

    Miyato et al. 2018, algorithm 1: one power iteration each time that it is met in training.
    """

    u: Tensor  # filters: of the left singular vector, as far as it is found

    def __init__(self, *shape: Any, bias: bool):
        super().__init__(*shape, bias=bias)
        self.register_buffer("u", torch.full((self.out_channels,), self.out_channels**-0.5))

    def forward(self, x: Tensor) -> Tensor:
        matrix = self.weight.flatten(1)  # filters x (C kernel kernel)
        with torch.no_grad():
            v = fn.normalize(matrix.T @ self.u, dim=0)
            u = fn.normalize(matrix @ v, dim=0)
            if self.training:
                self.u.copy_(u)  # in its own precision, and in its own place
        return self._conv_forward(x, self.weight / torch.dot(u, matrix @ v), self.bias)


def judging(
    settings: Any, before: int, after: int, kernel: int, stride: int, padding: int, bias: bool
) -> nn.Conv2d:
    """A convolution of a discriminator, held by its spectral norm if the settings say so."""
    kind = SpectralConv if settings.spectral_norm else nn.Conv2d
    return kind(before, after, kernel, stride, padding, bias=bias)


class MinibatchStd(nn.Module):
    """How much a batch varies, on average over channels and places, as one more channel.

    Karras et al. 2018, section 3, over the whole batch. N C H W -> N C+1 H W.
    """

    ranks: Ranks = ALONE

    def forward(self, x: Tensor) -> Tensor:
        spread = (self.variance(x) + 1e-8).sqrt().mean()
        return torch.cat([x, spread.expand(len(x), 1, *x.shape[2:])], dim=1)

    def variance(self, x: Tensor) -> Tensor:
        """C H W, over the pictures of all ranks."""
        if self.ranks.count == 1:
            return x.var(dim=0, correction=0)
        return self.ranks.mean((x - self.ranks.mean(x.mean(dim=0))).square().mean(dim=0))


class DenseStart(nn.Module):
    """Latents N Z 1 1 -> N C 4 4, each number normalised on its own."""

    def __init__(self, latent: int, channels: int, epsilon: float, momentum: float):
        super().__init__()
        self.dense = nn.Conv2d(latent, 16 * channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(16 * channels, epsilon, momentum)

    def forward(self, z: Tensor) -> Tensor:
        return self.norm(self.dense(z)).unflatten(1, (-1, 4, 4))[..., 0, 0]


def doubling(settings: Any, before: int, after: int, kernel: int, bias: bool) -> nn.Module:
    """N C H W -> N C' 2H 2W, as `settings.upsample` says; `kernel` is the transposed one's."""
    if settings.upsample != "transposed":
        return ResizeConv(before, after, settings.upsample, bias)
    return nn.ConvTranspose2d(before, after, kernel, 2, 1, output_padding=kernel % 2, bias=bias)


class AcrossReLU(nn.Module):
    """ReLU of a decoder's own features, the first `own` channels; the encoder's stay leaky."""

    def __init__(self, own: int, slope: float):
        super().__init__()
        self.own, self.slope = own, slope

    def forward(self, x: Tensor) -> Tensor:
        across = fn.leaky_relu(x[:, self.own :], self.slope)
        return torch.cat([fn.relu(x[:, : self.own]), across], dim=1)


def _constant(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Single numbers, normalised: 0 times the weight. Torch's kernels would divide their rounding
    by the root of epsilon, and 12% of G's gradient would be noise.
    """
    return 0 * x * weight[:, None, None] + bias[:, None, None]


class GroupNormOfOne(nn.GroupNorm):
    """Group norm of maps that may be one number, which become their bias; torch's refuses them."""

    def forward(self, x: Tensor) -> Tensor:
        if x[0].numel() == self.num_groups and self.weight is not None:
            return _constant(x, self.weight, self.bias)
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class BatchNormOfOne(nn.BatchNorm2d):
    """Batch norm of maps that may be one number, by the pictures at hand."""

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() == self.num_features:
            return _constant(x, self.weight, self.bias)
        given = x, self.weight, self.bias, None, None
        return torch.batch_norm(*given, True, 0.0, self.eps, torch.backends.cudnn.enabled)


def norm(settings: Any, channels: int, of_one: bool = False) -> nn.Module:
    """Batch, instance or group norm, as `settings.norm` says.

    Batch norm takes its statistics from the pictures at hand, in generating as in training (Isola
    et al. 2017, section 3.4): running averages over G's inputs, its fakes among them, fit neither.
    `of_one`: where a map can be a single number.
    """
    kind = settings.norm
    batch, group = (BatchNormOfOne, GroupNormOfOne) if of_one else (nn.BatchNorm2d, nn.GroupNorm)
    if kind == "batch":
        return batch(channels, settings.norm_epsilon, track_running_stats=False)
    if kind == "instance":
        # Group norm with one channel a group: torch's own instance norm gives wrong gradients on
        # CPU at batch 1 when the incoming ones are channels-last.
        return group(channels, channels, settings.norm_epsilon, affine=False)
    return group(math.gcd(settings.groups, channels), channels, settings.norm_epsilon)


def init_normal(networks: Iterable[nn.Module], std: float, seed: int) -> None:
    """Convolutions N(0, std), norm weights N(1, std), biases 0 (Radford et al. 2016).

    Drawn in numpy, so that a twin in another framework starts from the very same weights.
    """
    for number, network in enumerate(networks):
        random = draws.of_weights(seed, number)
        for part in network.modules():
            if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
                _fill(part.weight, 0.0, std, random)
            elif isinstance(part, nn.BatchNorm2d | nn.GroupNorm) and part.weight is not None:
                _fill(part.weight, 1.0, std, random)
            if isinstance(bias := getattr(part, "bias", None), Tensor):
                nn.init.zeros_(bias)


def spread_by_fan_in(network: nn.Module, std: float, slope: float) -> None:
    """Spread weights of N(0, std) as layers without norms need it (He et al. 2015, eq. 15)."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            wanted = math.sqrt(2 / ((1 + slope**2) * part.weight[0].numel()))
            with torch.no_grad():
                part.weight.mul_(wanted / std)


def silence_last(*networks: nn.Module) -> None:
    """Let networks begin with an output of 0: the weights of their last convolution are 0."""
    for network in networks:
        convolutions = [
            part for part in network.modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)
        ]
        nn.init.zeros_(convolutions[-1].weight)


def _fill(weight: Tensor, mean: float, std: float, random: np.random.Generator) -> None:
    if not weight.is_meta:  # there, only work is counted
        with torch.no_grad():
            weight.copy_(torch.from_numpy(draws.normal(random, mean, std, weight.shape)))
