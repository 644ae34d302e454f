"""Differentiable augmentation of all that D sees (Zhao et al. 2020, arXiv 2006.10738)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as fn


def augment(x: Tensor, kinds: Sequence[str], random: np.random.Generator) -> Tensor:
    """Change each picture of N 3 H W by the named kinds, letting gradients through."""
    for kind in kinds:
        x = KINDS[kind](x, random)
    return x


def color(x: Tensor, random: np.random.Generator) -> Tensor:
    """Shift brightness by up to 0.5, scale saturation by 0 to 2 and contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = (
        torch.from_numpy(random.random((len(x), 1, 1, 1))).to(x) for _ in range(3)
    )
    x = x + (brightness - 0.5)
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * (2 * saturation)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + contrast)


def translation(x: Tensor, random: np.random.Generator) -> Tensor:
    """Move by up to an eighth of the side each way, zeros moving in."""
    n, _, size, _ = x.shape
    reach = size // 8
    padded = fn.pad(x, (reach, reach, reach, reach))
    tops, lefts = random.integers(0, 2 * reach + 1, (2, n))
    return torch.stack(
        [p[:, t : t + size, e : e + size] for p, t, e in zip(padded, tops, lefts, strict=True)]
    )


def cutout(x: Tensor, random: np.random.Generator) -> Tensor:
    """Blank a square of half the side, anywhere, part of it perhaps outside."""
    n, _, size, _ = x.shape
    mask = np.ones((n, 1, size, size), dtype=np.float32)
    for picture, (row, column) in zip(mask, random.integers(0, size, (n, 2)), strict=True):
        top, left = max(row - size // 4, 0), max(column - size // 4, 0)
        picture[:, top : row + size // 4, left : column + size // 4] = 0
    return x * torch.from_numpy(mask).to(x)


KINDS = {"color": color, "translation": translation, "cutout": cutout}
