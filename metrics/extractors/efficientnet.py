"""EfficientNet-Lite (TensorFlow's TPU repository, 2020; after Tan and Le 2019), up to its features.

EfficientNet without squeeze-and-excitation and with ReLU6. As its weights were trained in
TensorFlow, padding is TensorFlow's "same": at stride 2 it may be one more after than before.
"""

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from metrics.extractors.layers import Conv, filled, shapes_of

STEM, FEATURES, CLASSES = 32, 1280, 1000
# Kernel, stride of the first block, expansion, outputs and blocks of each stage, of Lite0.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
# Ours to the names of the published files.
NAMES = {
    **{"stem.conv": "_conv_stem", "stem.bn": "_bn0", "head.conv": "_conv_head", "head.bn": "_bn1"},
    **{"expand.conv": "_expand_conv", "expand.bn": "_bn0"},
    **{"depthwise.conv": "_depthwise_conv", "depthwise.bn": "_bn1"},
    **{"project.conv": "_project_conv", "project.bn": "_bn2", "blocks.": "_blocks.", "fc.": "_fc."},
}


@dataclass(frozen=True)
class Scale:
    """A member of the family: pixels a side, and how much wider and deeper than Lite0."""

    side: int
    width: float = 1.0
    depth: float = 1.0


SCALES = {"lite0": Scale(224), "lite2": Scale(260, 1.1, 1.2)}


class Block(nn.Module):
    """Inverted residual: wider by a 1x1 convolution, a depthwise one, narrower by a 1x1."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int, side: int
    ):
        super().__init__()
        middle = inputs * expansion
        self.expand = Conv(inputs, middle, 1, activation="relu6") if expansion > 1 else None
        pads = same(side, kernel, stride)
        self.depthwise = Conv(middle, middle, kernel, stride, pads, middle, "relu6")
        self.project = Conv(middle, outputs, 1, activation="none")
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else self.expand(x)
        narrow: Tensor = self.project(self.depthwise(wide))
        return x + narrow if self.adds else narrow


class EfficientNetLite(nn.Module):
    """float32 N 3 side side in -1..1 -> mean over places of the last convolution, N 1280."""

    def __init__(self, scale: Scale):
        super().__init__()
        self.stem = Conv(3, STEM, 3, 2, same(scale.side, 3, 2), activation="relu6")
        side, inputs, blocks = _halved(scale.side), STEM, []
        for number, (kernel, stride, expansion, base, count) in enumerate(STAGES):
            outputs = _round_filters(base * scale.width)
            ends = number in (0, len(STAGES) - 1)  # whose depth is fixed
            for place in range(count if ends else math.ceil(count * scale.depth)):
                first = stride if place == 0 else 1
                blocks.append(Block(inputs, outputs, kernel, first, expansion, side))
                side, inputs = _halved(side) if first == 2 else side, outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = Conv(inputs, FEATURES, 1, activation="relu6")
        self.fc = nn.Linear(FEATURES, CLASSES)  # in the files, and not looked at

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(self.blocks(self.stem(x)))
        return x.float().mean((2, 3))  # in fp32 whatever the layers ran in


def same(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after as TensorFlow pads: outputs are ceil(side / stride)."""
    total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def _halved(side: int) -> int:
    return math.ceil(side / 2)


def _round_filters(filters: float) -> int:
    """To a multiple of 8, at most a tenth below."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded


def network(state: dict[str, Tensor], variant: str) -> nn.Module:
    """The network `variant` under weights by their published names."""
    with torch.device("meta"):
        made = EfficientNetLite(SCALES[variant])
    return filled(made, {name: state[_published(name)] for name in shapes_of(made)})


@cache
def shapes(variant: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published file."""
    with torch.device("meta"):
        own = shapes_of(EfficientNetLite(SCALES[variant]))
    return {_published(name): shape for name, shape in own.items()}


def _published(name: str) -> str:
    for ours, theirs in NAMES.items():
        name = name.replace(ours, theirs)
    return name
