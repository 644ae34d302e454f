"""What the convolutional extractors are made of: a layer that can be folded."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

COUNTERS = ".num_batches_tracked"  # of batch norm, in some files

Kernel = int | tuple[int, int]
Activation = Literal["relu", "relu6", "none"]


class Conv(nn.Module):
    """Convolution, batch norm, activation. After `fold` the batch norm is inside the convolution.

    pads: zeros before and after each side. Where they differ, after has one more than before.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Kernel,
        stride: int = 1,
        pads: tuple[int, int] | None = None,
        groups: int = 1,
        activation: Activation = "relu",
    ):
        """pads: None for half the kernel on each side."""
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        even = (height // 2, width // 2) if pads is None else (pads[0], pads[0])
        self.more = 0 if pads is None else pads[1] - pads[0]
        self.conv = nn.Conv2d(
            inputs, outputs, (height, width), stride, even, groups=groups, bias=False
        )
        self.bn: nn.Module = nn.BatchNorm2d(outputs, eps=1e-3)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(F.pad(x, (0, self.more) * 2) if self.more else x))
        if self.activation == "none":
            return x
        return F.relu(x, inplace=True) if self.activation == "relu" else F.relu6(x, inplace=True)

    def fold(self) -> None:
        """Put the batch norm into weight and bias, in float64, so that one rounding is left.

        And uneven padding into the kernel: a first row and column of zeros, padding on both sides.
        """
        norm, conv = self.bn, self.conv
        assert isinstance(norm, nn.BatchNorm2d) and norm.running_var is not None
        assert norm.running_mean is not None
        scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
        weight = (conv.weight.double() * scale[:, None, None, None]).float()
        bias = norm.bias.double() - norm.running_mean.double() * scale
        if self.more:
            weight = F.pad(weight, (self.more, 0) * 2)
            conv.padding = tuple(pad + self.more for pad in conv.padding)
            conv.kernel_size, self.more = tuple(weight.shape[2:]), 0
        conv.weight = nn.Parameter(weight, requires_grad=False)
        conv.bias = nn.Parameter(bias.float(), requires_grad=False)
        self.bn = nn.Identity()


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all parameters, without batch norm's counters of training steps."""
    state = network.state_dict()
    return {n: tuple(value.shape) for n, value in state.items() if not n.endswith(COUNTERS)}


def filled(network: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    """A network made on torch's meta device, under weights by its own names; for inference."""
    for name, value in network.state_dict().items():
        if name.endswith(COUNTERS):  # without meaning outside training
            state = {**state, name: torch.zeros(value.shape, dtype=value.dtype)}
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval().requires_grad_(False)
