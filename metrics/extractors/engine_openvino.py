"""A network of convolutions run by OpenVINO, an extra: the same graph, operation by operation."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx

from metrics.errors import InputError
from metrics.extractors.fuse import convolutions
from metrics.extractors.inception import average, maximum
from metrics.extractors.layers import Conv

HINTS = {"fp32": "f32", "bf16": "bf16"}


class OpenVinoEngine:
    """float32 N 3 side side, normalised -> features, float32 N F; on a CPU.

    batch: pictures at a time. workers: threads that may call it at once.
    """

    def __init__(self, network: fx.GraphModule, precision: str, side: int):
        self.batch, self.side = 2, side
        self.workers = torch.get_num_threads()
        settings = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],  # else bf16 where a CPU is fast at it
            "NUM_STREAMS": self.workers,
            "INFERENCE_NUM_THREADS": self.workers,
        }
        openvino = _openvino()
        translation = Translation(openvino.opset8, network)
        model = translation.model(openvino, [self.batch, 3, side, side])
        self._compiled = openvino.Core().compile_model(model, "CPU", settings)

    def __call__(self, pictures: Tensor) -> np.ndarray:
        """One batch; a smaller one is filled up, for shapes are fixed."""
        count = len(pictures)
        full = np.zeros((self.batch, 3, self.side, self.side), np.float32)
        full[:count] = pictures.numpy()
        pool: np.ndarray = self._compiled.create_infer_request().infer([full])[0]
        return pool[:count].copy()


def _openvino() -> Any:
    try:
        import openvino
        import openvino.opset8
    except ImportError:
        raise InputError(
            "the engine openvino is not installed", "pip install 'ganbench[openvino]'"
        ) from None
    return openvino


class Translation:
    """A traced network in OpenVINO's operations, up to the pooled features."""

    def __init__(self, operations: Any, network: fx.GraphModule):
        self.ops, self.network = operations, network
        self.convs = dict(convolutions(network))

    def model(self, openvino: Any, shape: list[int]) -> Any:
        """The whole network for batches of this shape, N C H W."""
        made: dict[fx.Node, Any] = {}
        for node in self.network.graph.nodes:
            if node.op == "placeholder":
                source = self.ops.parameter(shape, np.float32)
                made[node] = source
            elif node.op == "output":
                return openvino.Model([made[node.args[0]]], [source], "extractor")
            else:
                given = fx.node.map_arg(node.args, made.__getitem__)
                made[node] = self._translated(node, given)
        raise AssertionError("a graph ends with its output")

    def _translated(self, node: fx.Node, given: Any) -> Any:
        if node in self.convs:
            return self._convolution(self.convs[node], given[0])
        ops = self.ops
        translations: dict[Any, Callable[..., Any]] = {
            average: lambda x: ops.avg_pool(x, [1, 1], [1, 1], [1, 1], [3, 3], True),
            maximum: self._maximum,
            torch.relu_: ops.relu,
            torch.cat: ops.concat,
            operator.add: ops.add,
            "float": lambda x: x,
            "mean": lambda x, axes: ops.reduce_mean(x, list(axes), keep_dims=False),
        }
        return translations[node.target](*given, **node.kwargs)

    def _convolution(self, conv: Conv, x: Any) -> Any:
        plain = conv.conv
        assert plain.bias is not None
        kernel = plain.weight.numpy()
        convolve = self.ops.convolution
        if plain.groups > 1:  # group, output, input, height, width
            kernel, convolve = (
                kernel.reshape(plain.groups, -1, *kernel.shape[1:]),
                self.ops.group_convolution,
            )
        padding = list(plain.padding)
        weight = self.ops.constant(kernel)
        y = convolve(x, weight, list(plain.stride), padding, padding, [1, 1])
        y = self.ops.add(y, self.ops.constant(plain.bias.reshape(1, -1, 1, 1).numpy()))
        if conv.activation == "relu6":
            return self.ops.clamp(y, 0.0, 6.0)
        return self.ops.relu(y) if conv.activation == "relu" else y

    def _maximum(self, x: Any, stride: int, padding: int) -> Any:
        pads = [padding, padding]
        return self.ops.max_pool(x, [stride, stride], [1, 1], pads, pads, [3, 3]).output(0)
