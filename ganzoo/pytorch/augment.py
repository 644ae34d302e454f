"""Differentiable augmentation of all that D sees (Zhao et al. 2020, arXiv 2006.10738)."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as fn


def augment(x: Tensor, drawn: Mapping[str, np.ndarray]) -> Tensor:
    """Change each picture of N 3 H W by the kinds that were drawn for, letting gradients through.

    `drawn`: as of `ganzoo.draws.augmentation`.
    """
    for kind, numbers in drawn.items():
        x = KINDS[kind](x, numbers)
    return x


def color(x: Tensor, shares: np.ndarray) -> Tensor:
    """Shift brightness by up to 0.5, scale saturation by 0 to 2 and contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = torch.from_numpy(shares).to(x)[..., None, None, None]
    x = x + (brightness - 0.5)
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * (2 * saturation)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + contrast)


def translation(x: Tensor, corners: np.ndarray) -> Tensor:
    """Move by up to an eighth of the side each way, zeros moving in."""
    size = x.shape[2]
    padded = fn.pad(x, 4 * (size // 8,))
    return torch.stack(
        [p[:, t : t + size, e : e + size] for p, (t, e) in zip(padded, corners, strict=True)]
    )


def cutout(x: Tensor, centres: np.ndarray) -> Tensor:
    """Blank a square of half the side, anywhere, part of it perhaps outside."""
    quarter, places = x.shape[2] // 4, np.arange(x.shape[2])
    rows, columns = ((c - quarter <= places) & (places < c + quarter) for c in centres.T[..., None])
    blank = rows[:, :, None] & columns[:, None, :]  # N H W
    return x * torch.from_numpy(~blank[:, None]).to(x)


KINDS = {"color": color, "translation": translation, "cutout": cutout}
