"""The same function as a network of `Conv`s with less to do: derived from it, never written twice.

Two changes, exact but for rounding, for every engine:

1. Batch norm goes into the convolution before it.
2. A 3x3 average before a 1x1 convolution goes behind it, where there are fewer channels. Both are
   linear, and an average that leaves the padding out keeps a bias as it is. The ReLU goes last.

And one for oneDNN on x86: convolution and ReLU in one pass, weights laid out once and not per call.
Depthwise convolutions gain most: torch's own are many times slower.
(One convolution for all 1x1 siblings gained nothing: its output must be copied apart.)
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn

from metrics.extractors.inception import average
from metrics.extractors.layers import Conv


class Tracer(fx.Tracer):
    """Sees a convolution with its batch norm and ReLU as one step."""

    def is_leaf_module(self, module: nn.Module, _: str) -> bool:
        return isinstance(module, Conv)


def derive(network: nn.Module) -> fx.GraphModule:
    """The fast form of a network, whose parameters it takes over and folds in place."""
    for module in network.modules():
        if isinstance(module, Conv):
            module.fold()
    fast = fx.GraphModule(network, Tracer().trace(network))
    _average_after_convolution(fast)
    fast.recompile()
    return fast


def is_foldable(network: nn.Module) -> bool:
    """Is it made of layers that `derive` knows?"""
    return any(isinstance(module, Conv) for module in network.modules())


def convolutions(fast: fx.GraphModule) -> Iterator[tuple[fx.Node, Conv]]:
    """Every convolution of a graph, with the node that calls it, in order."""
    for node in list(fast.graph.nodes):
        if node.op == "call_module":
            conv = fast.get_submodule(str(node.target))
            assert isinstance(conv, Conv)
            yield node, conv


def _average_after_convolution(fast: fx.GraphModule) -> None:
    for node, conv in convolutions(fast):
        before = node.args[0]
        assert isinstance(before, fx.Node)
        if before.target is not average:
            continue
        conv.activation = "none"
        node.args = before.args
        with fast.graph.inserting_after(node):
            averaged = fast.graph.call_function(average, (node,))
        with fast.graph.inserting_after(averaged):
            rectified = fast.graph.call_function(torch.relu_, (averaged,))
        node.replace_all_uses_with(rectified)
        averaged.args = (node,)  # which the line before changed too
        fast.graph.erase_node(before)


# oneDNN's names of the activations, with their numbers.
AFTER = {"relu": ("relu", []), "relu6": ("hardtanh", [0.0, 6.0]), "none": ("none", [])}


class PackedConv(nn.Module):
    """Convolution and activation by the operators of oneDNN that torch's own compiler uses."""

    def __init__(self, conv: Conv, dtype: torch.dtype, shape: torch.Size):
        """`shape`: of the input, for which oneDNN chooses the layout; others run too, slower."""
        super().__init__()
        plain = conv.conv
        assert plain.bias is not None
        self.geometry = list(plain.padding), list(plain.stride), [1, 1], plain.groups
        self.weight = torch.ops.mkldnn._reorder_convolution_weight(
            plain.weight.to(dtype), *self.geometry, list(shape)
        )
        self.bias = plain.bias.to(dtype)
        self.after = AFTER[conv.activation]

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, *self.geometry, *self.after, ""
        )


def pack(fast: fx.GraphModule, dtype: torch.dtype, batch: int, side: int) -> fx.GraphModule:
    """Lay all convolutions out for this CPU and batches of `batch` pictures of `side` pixels."""
    sizes = input_sizes(fast, side)
    for node, conv in convolutions(fast):
        shape = torch.Size((batch, *sizes[str(node.target)]))
        fast.set_submodule(str(node.target), PackedConv(conv, dtype, shape))
    return fast


def input_sizes(fast: fx.GraphModule, side: int) -> dict[str, torch.Size]:
    """Channels, height and width that each convolution is given, by its name in the graph."""
    walk = Walk(fast)
    walk.run(torch.zeros(1, 3, side, side))
    return walk.sizes


class Walk(fx.Interpreter):
    """Goes through a graph with zeros in place of what the convolutions give.

    To compute that takes seconds, and so does loading what torch's meta device needs.
    """

    def __init__(self, fast: fx.GraphModule):
        super().__init__(fast)
        self.sizes: dict[str, torch.Size] = {}

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        """Note the size of a convolution's input, N C H W, and go on from its output's."""
        conv, given = self.fetch_attr(target).conv, args[0]
        self.sizes[target] = given.shape[1:]
        geometry = zip(given.shape[2:], conv.kernel_size, conv.padding, conv.stride, strict=True)
        sides = [(side + 2 * pad - kernel) // stride + 1 for side, kernel, pad, stride in geometry]
        return given.new_zeros(len(given), conv.out_channels, *sides)
