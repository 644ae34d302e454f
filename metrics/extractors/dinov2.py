"""DINOv2 (Oquab et al. 2023): vision transformers that Stein et al. 2023 judge pictures with.

Trained without labels at 518 px, looked through at 224 px, as dgm-eval and torch-fidelity do: their
features are the class token after the last norm. timm brings the transformer; names of weights and
the position embedding's way from 37 x 37 places to 16 x 16 are those of the official code.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metrics.errors import InputError
from metrics.extractors.layers import filled

SIDE, PATCH = 224, 14  # pixels
TRAINED, GRID = 518 // PATCH, SIDE // PATCH  # places a side: 37 and 16


@dataclass(frozen=True)
class Size:
    """A member of the family: numbers a token, blocks, heads of attention."""

    width: int
    depth: int
    heads: int


SIZES = {"vits14": Size(384, 12, 6), "vitl14": Size(1024, 24, 16)}


def network(state: dict[str, Tensor], variant: str) -> nn.Module:
    """float32 N 3 224 224, less ImageNet's mean, by its deviation -> class token, float32 N width.

    state: weights as `shapes` has them. InputError where timm is missing.
    """
    with torch.device("meta"):
        made = _transformer(SIZES[variant])
    used = {**state, "pos_embed": at_224(state["pos_embed"])}
    del used["mask_token"]  # stands for patches hidden in training
    return filled(made, used)


def at_224(places: Tensor) -> Tensor:
    """Position embedding 1 1370 W of 37 x 37 places -> 1 257 W of 16 x 16.

    Bicubic, without antialias, and at 16.1 / 37: the tenth kept the official code from 15 places by
    rounding, and shifts every place a little. timm's own resampling has antialias and no tenth.
    """
    scale = (GRID + 0.1) / TRAINED
    grid = places[:, 1:].unflatten(1, (TRAINED, TRAINED)).permute(0, 3, 1, 2)  # 1 W 37 37
    grid = F.interpolate(
        grid, scale_factor=(scale, scale), mode="bicubic", align_corners=False, antialias=False
    )
    return torch.cat([places[:, :1], grid.flatten(2).transpose(1, 2)], 1)


def shapes(variant: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the official file."""
    size = SIZES[variant]
    width = size.width
    return {
        "cls_token": (1, 1, width),
        "pos_embed": (1, 1 + TRAINED**2, width),
        "mask_token": (1, width),
        "patch_embed.proj.weight": (width, 3, PATCH, PATCH),
        "patch_embed.proj.bias": (width,),
        **{
            f"blocks.{number}.{name}": shape
            for number in range(size.depth)
            for name, shape in _shapes_of_block(width).items()
        },
        "norm.weight": (width,),
        "norm.bias": (width,),
    }


def _shapes_of_block(width: int) -> dict[str, tuple[int, ...]]:
    linear = {
        "attn.qkv": (3 * width, width),
        "attn.proj": (width, width),
        "mlp.fc1": (4 * width, width),
        "mlp.fc2": (width, 4 * width),
    }
    vectors = ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "ls1.gamma", "ls2.gamma")
    return {
        **dict.fromkeys(vectors, (width,)),
        **{f"{name}.weight": shape for name, shape in linear.items()},
        **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
    }


def _transformer(size: Size) -> Any:
    """timm's class rather than its registry, which also knows where to download."""
    try:
        from timm.models.vision_transformer import VisionTransformer
    except ImportError:
        raise InputError(
            "DINOv2 needs timm, which is not installed", "pip install 'ganbench[dinov2]'"
        ) from None
    return VisionTransformer(
        img_size=SIDE,
        patch_size=PATCH,
        num_classes=0,
        global_pool="token",
        embed_dim=size.width,
        depth=size.depth,
        num_heads=size.heads,
        mlp_ratio=4.0,
        qkv_bias=True,
        init_values=1.0,  # with scales of each block's outputs, ls1 and ls2
        norm_layer=partial(nn.LayerNorm, eps=1e-6),
        act_layer=nn.GELU,
    )
