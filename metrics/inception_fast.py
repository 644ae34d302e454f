"""The same function as `Inception` with less to do: derived from it, never written twice.

Two changes, exact but for rounding, for every engine:

1. Batch norm goes into the convolution before it.
2. A 3x3 average before a 1x1 convolution goes behind it, where there are fewer channels. Both are
   linear, and an average that leaves the padding out keeps a bias as it is. The ReLU goes last.

And one for oneDNN on x86: convolution and ReLU in one pass, weights laid out once and not per call.
(One convolution for all 1x1 siblings gained nothing: its output must be copied apart.)
"""

from collections.abc import Iterator

import torch
from torch import Tensor, fx, nn

from metrics.inception_network import Conv, Inception, average
from metrics.resize import SIDE


class Tracer(fx.Tracer):
    """Sees a convolution with its batch norm and ReLU as one step."""

    def is_leaf_module(self, module: nn.Module, _: str) -> bool:
        return isinstance(module, Conv)


def derive(network: Inception) -> fx.GraphModule:
    """The fast form of a network, whose parameters it takes over and folds in place."""
    for module in network.modules():
        if isinstance(module, Conv):
            module.fold()
    fast = fx.GraphModule(network, Tracer().trace(network))
    _average_after_convolution(fast)
    fast.recompile()
    return fast


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
        conv.rectifies = False
        node.args = before.args
        with fast.graph.inserting_after(node):
            averaged = fast.graph.call_function(average, (node,))
        with fast.graph.inserting_after(averaged):
            rectified = fast.graph.call_function(torch.relu_, (averaged,))
        node.replace_all_uses_with(rectified)
        averaged.args = (node,)  # which the line before changed too
        fast.graph.erase_node(before)


class PackedConv(nn.Module):
    """Convolution and ReLU by the operators of oneDNN that torch's own compiler uses."""

    def __init__(self, conv: Conv, dtype: torch.dtype, shape: torch.Size):
        """`shape`: of the input, for which oneDNN chooses the layout; others run too, slower."""
        super().__init__()
        plain = conv.conv
        assert plain.bias is not None
        self.geometry = list(plain.padding), list(plain.stride), [1, 1], 1
        self.weight = torch.ops.mkldnn._reorder_convolution_weight(
            plain.weight.to(dtype), *self.geometry, list(shape)
        )
        self.bias = plain.bias.to(dtype)
        self.after = "relu" if conv.rectifies else "none"

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, *self.geometry, self.after, [], ""
        )


def pack(fast: fx.GraphModule, dtype: torch.dtype, batch: int) -> fx.GraphModule:
    """Lay all convolutions out for this CPU and batches of `batch`."""
    shapes = _input_shapes(fast, torch.zeros(batch, 3, SIDE, SIDE))
    for node, conv in convolutions(fast):
        fast.set_submodule(str(node.target), PackedConv(conv, dtype, shapes[conv]))
    return fast


def _input_shapes(fast: fx.GraphModule, batch: Tensor) -> dict[Conv, torch.Size]:
    """What each convolution is given, from one pass over `batch`."""
    shapes: dict[Conv, torch.Size] = {}

    def note(conv: Conv, inputs: tuple[Tensor]) -> None:
        shapes[conv] = inputs[0].shape

    hooks = [conv.register_forward_pre_hook(note) for _, conv in convolutions(fast)]
    fast(batch)
    for hook in hooks:
        hook.remove()
    return shapes
