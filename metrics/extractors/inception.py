"""The network of FID, layer by layer: TensorFlow's Inception graph of 2015-12-05.

Against torchvision's Inception v3: 1,008 classes, average pooling that leaves the padding out, max
pooling in the last block, batch norm epsilon 1e-3. Parameter names are those of the official file.
This is the definition; what runs is derived from it (`fuse.py`).
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from metrics.extractors.layers import Conv, filled, shapes_of

FEATURES = 2048
CLASSES = 1008
VALID = (0, 0)  # no padding


@fx.wrap
def average(x: Tensor) -> Tensor:
    """3x3 average that leaves the padding out, as TensorFlow's does."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


@fx.wrap
def maximum(x: Tensor, stride: int, padding: int) -> Tensor:
    """3x3 maximum."""
    return F.max_pool2d(x, 3, stride, padding)


class BlockA(nn.Module):
    """Mixed_5b, 5c, 5d: 35 x 35."""

    def __init__(self, inputs: int, pooled: int):
        super().__init__()
        self.branch1x1 = Conv(inputs, 64, 1)
        self.branch5x5_1 = Conv(inputs, 48, 1)
        self.branch5x5_2 = Conv(48, 64, 5)
        self.branch3x3dbl_1 = Conv(inputs, 64, 1)
        self.branch3x3dbl_2 = Conv(64, 96, 3)
        self.branch3x3dbl_3 = Conv(96, 96, 3)
        self.branch_pool = Conv(inputs, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, three, self.branch_pool(average(x))], 1)


class BlockB(nn.Module):
    """Mixed_6a: 35 x 35 to 17 x 17."""

    def __init__(self, inputs: int):
        super().__init__()
        self.branch3x3 = Conv(inputs, 384, 3, stride=2, pads=VALID)
        self.branch3x3dbl_1 = Conv(inputs, 64, 1)
        self.branch3x3dbl_2 = Conv(64, 96, 3)
        self.branch3x3dbl_3 = Conv(96, 96, 3, stride=2, pads=VALID)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), three, maximum(x, stride=2, padding=0)], 1)


class BlockC(nn.Module):
    """Mixed_6b to 6e: 17 x 17, 7x7 kernels as pairs of 1x7 and 7x1."""

    def __init__(self, inputs: int, middle: int):
        super().__init__()
        self.branch1x1 = Conv(inputs, 192, 1)
        self.branch7x7_1 = Conv(inputs, middle, 1)
        self.branch7x7_2 = Conv(middle, middle, (1, 7))
        self.branch7x7_3 = Conv(middle, 192, (7, 1))
        self.branch7x7dbl_1 = Conv(inputs, middle, 1)
        self.branch7x7dbl_2 = Conv(middle, middle, (7, 1))
        self.branch7x7dbl_3 = Conv(middle, middle, (1, 7))
        self.branch7x7dbl_4 = Conv(middle, middle, (7, 1))
        self.branch7x7dbl_5 = Conv(middle, 192, (1, 7))
        self.branch_pool = Conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        twice = self.branch7x7dbl_5(self.branch7x7dbl_4(twice))
        return torch.cat([self.branch1x1(x), seven, twice, self.branch_pool(average(x))], 1)


class BlockD(nn.Module):
    """Mixed_7a: 17 x 17 to 8 x 8."""

    def __init__(self, inputs: int):
        super().__init__()
        self.branch3x3_1 = Conv(inputs, 192, 1)
        self.branch3x3_2 = Conv(192, 320, 3, stride=2, pads=VALID)
        self.branch7x7x3_1 = Conv(inputs, 192, 1)
        self.branch7x7x3_2 = Conv(192, 192, (1, 7))
        self.branch7x7x3_3 = Conv(192, 192, (7, 1))
        self.branch7x7x3_4 = Conv(192, 192, 3, stride=2, pads=VALID)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat([three, self.branch7x7x3_4(seven), maximum(x, stride=2, padding=0)], 1)


class BlockE(nn.Module):
    """Mixed_7b and 7c: 8 x 8. TensorFlow's graph pools 7b by average and 7c by maximum."""

    def __init__(self, inputs: int, pools_maximum: bool):
        super().__init__()
        self.pools_maximum = pools_maximum
        self.branch1x1 = Conv(inputs, 320, 1)
        self.branch3x3_1 = Conv(inputs, 384, 1)
        self.branch3x3_2a = Conv(384, 384, (1, 3))
        self.branch3x3_2b = Conv(384, 384, (3, 1))
        self.branch3x3dbl_1 = Conv(inputs, 448, 1)
        self.branch3x3dbl_2 = Conv(448, 384, 3)
        self.branch3x3dbl_3a = Conv(384, 384, (1, 3))
        self.branch3x3dbl_3b = Conv(384, 384, (3, 1))
        self.branch_pool = Conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_1(x)
        twice = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = maximum(x, stride=1, padding=1) if self.pools_maximum else average(x)
        branches = [self.branch1x1(x), self.branch3x3_2a(three), self.branch3x3_2b(three)]
        branches += [self.branch3x3dbl_3a(twice), self.branch3x3dbl_3b(twice)]
        return torch.cat([*branches, self.branch_pool(pooled)], 1)


class Inception(nn.Module):
    """float32 N 3 299 299 in -1..1 -> pooled features N 2048."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, stride=2, pads=VALID)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3, pads=VALID)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3, pads=VALID)
        self.Mixed_5b = BlockA(192, pooled=32)
        self.Mixed_5c = BlockA(256, pooled=64)
        self.Mixed_5d = BlockA(288, pooled=64)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(768, middle=128)
        self.Mixed_6c = BlockC(768, middle=160)
        self.Mixed_6d = BlockC(768, middle=160)
        self.Mixed_6e = BlockC(768, middle=192)
        self.Mixed_7a = BlockD(768)
        self.Mixed_7b = BlockE(1280, pools_maximum=False)
        self.Mixed_7c = BlockE(2048, pools_maximum=True)
        self.fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))  # N 64 147 147
        x = self.Conv2d_3b_1x1(maximum(x, stride=2, padding=0))  # N 80 73 73
        x = maximum(self.Conv2d_4a_3x3(x), stride=2, padding=0)  # N 192 35 35
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))  # N 288 35 35
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))  # N 768 17 17
        x = self.Mixed_6e(self.Mixed_6d(x))  # N 768 17 17
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))  # N 2048 8 8
        return x.float().mean((2, 3))  # N 2048, in fp32 whatever the layers ran in


def network(state: dict[str, Tensor]) -> nn.Module:
    """The network under weights by their official names, plain and as published."""
    with torch.device("meta"):
        made = Inception()
    return filled(made, state)


@cache
def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the official file."""
    with torch.device("meta"):
        return shapes_of(Inception())
