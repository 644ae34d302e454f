"""Differentiable augmentation of all that D sees (Zhao et al. 2020, arXiv 2006.10738)."""

from typing import Any

import torch
from torch import Tensor

from ganzoo.pytorch.inlet import Fed


def augment(x: Tensor, drawn: Fed) -> Tensor:
    """Change each picture of N 3 H W by the kinds that were drawn for, letting gradients through.

    `drawn`: as of `ganzoo.draws.augmentation`, on the device.
    """
    for kind, numbers in drawn.items():
        x = KINDS[kind](x, numbers)
    return x


def color(x: Tensor, shares: Tensor) -> Tensor:
    """Shift brightness by up to 0.5, scale saturation by 0 to 2 and contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = shares.to(x)[..., None, None, None]
    x = x + (brightness - 0.5)
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * (2 * saturation)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + contrast)


def translation(x: Tensor, corners: Tensor) -> Tensor:
    """Move by up to an eighth of the side each way, zeros moving in."""
    moved: Tensor = _Moved.apply(x, corners.long() - x.shape[2] // 8)
    return moved


class _Moved(torch.autograd.Function):
    """N C S S, each picture seen from another corner, N 2; gradients move back.

    Sums nothing, so that it is the same in any order of a GPU's threads, as indexing would not be.
    """

    @staticmethod
    def forward(context: Any, x: Tensor, corners: Tensor) -> Tensor:
        context.save_for_backward(corners)
        count, channels, size, _ = x.shape
        places = torch.arange(size, device=x.device) + corners[..., None]  # N 2 S
        inside = (places >= 0) & (places < size)
        rows, columns = places.clamp(0, size - 1).unbind(1)
        flat = (rows[:, :, None] * size + columns[:, None, :]).reshape(count, 1, -1)
        seen = x.flatten(2).gather(2, flat.expand(-1, channels, -1)).view_as(x)
        return seen * (inside[:, :1, :, None] & inside[:, 1:, None, :])

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (corners,) = context.saved_tensors
        return _Moved.apply(gradient, -corners), None


def cutout(x: Tensor, centres: Tensor) -> Tensor:
    """Blank a square of half the side, anywhere, part of it perhaps outside."""
    quarter, places = x.shape[2] // 4, torch.arange(x.shape[2], device=x.device)
    from_centre = places - centres[..., None]  # N 2 S
    rows, columns = ((-quarter <= from_centre) & (from_centre < quarter)).unbind(1)
    blank = rows[:, :, None] & columns[:, None, :]  # N H W
    return x * ~blank[:, None]


KINDS = {"color": color, "translation": translation, "cutout": cutout}
