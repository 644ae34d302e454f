"""Pictures to a network's size: TensorFlow 1's bilinear, clean-fid's bicubic, or torch's."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

INCEPTION_SIDE = 299  # pixels


def resized(
    pictures: np.ndarray | list[np.ndarray], resize: str, side: int, device: torch.device
) -> Tensor:
    """uint8 N H W 3 -> float32 N 3 side side in 0..255 on `device`, channels-last in memory.

    Pictures of several sizes are a list.
    """
    if resize == "clean":
        side_by_side = np.stack([resize_like_clean_fid(picture, side) for picture in pictures])
        return torch.from_numpy(side_by_side).to(device).permute(0, 3, 1, 2)
    if isinstance(pictures, list):
        return torch.cat([resized(picture[None], resize, side, device) for picture in pictures])
    batch = torch.from_numpy(np.array(pictures)).to(device)  # a copy: memory maps are read-only
    floats = batch.permute(0, 3, 1, 2).float()
    return resize_like_tensorflow_1(floats, side) if resize == "tf" else bicubic(floats, side)


def bicubic(pictures: Tensor, side: int) -> Tensor:
    """Resize N C H W floats in 0..255 with antialias; overshoot is cut off, nothing is rounded."""
    return F.interpolate(pictures, (side, side), mode="bicubic", antialias=True).clamp_(0, 255)


def resize_like_tensorflow_1(pictures: Tensor, side: int = INCEPTION_SIDE) -> Tensor:
    """Resize N C H W floats to `side` as TensorFlow 1's ResizeBilinear did.

    Its source coordinate is destination * scale: no half-pixel centre, no antialias. That is
    corner-aligned interpolation between side + 1 points of a picture whose last row and column
    stand twice, less the last point.
    """
    padded = F.pad(pictures, (0, 1, 0, 1), mode="replicate")
    size = (side + 1, side + 1)
    return F.interpolate(padded, size, mode="bilinear", align_corners=True)[..., :side, :side]


def resize_like_clean_fid(picture: np.ndarray, side: int = INCEPTION_SIDE) -> np.ndarray:
    """Resize a uint8 H W C picture to float32 side side C as clean-fid's mode "clean" does.

    Pillow's bicubic with antialias on each channel in float32: overshoot is cut off at 0 and 255,
    nothing is rounded (Parmar et al. 2022).
    """
    resized = np.empty((side, side, picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):
        plane = Image.fromarray(picture[..., channel].astype(np.float32))
        resized[..., channel] = np.asarray(plane.resize((side, side), Image.Resampling.BICUBIC))
    return resized.clip(0, 255, out=resized)
