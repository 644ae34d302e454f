"""A generator as an ONNX graph, and what onnxruntime makes of it."""

import copy
import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.errors import InputError

TOLERANCE = 1e-4  # between outputs in [-1, 1]; half a grey level is 4e-3


class OnePictureNorm(nn.Module):
    """Batch norm of one picture at a time, whatever the batch: as translators draw."""

    def __init__(self, norm: nn.BatchNorm2d):
        super().__init__()
        self.channels, self.epsilon = norm.num_features, norm.eps
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        return torch.group_norm(x, self.channels, self.weight, self.bias, self.epsilon)


def write(network: nn.Module, example: np.ndarray, path: Path, told: Mapping[str, str]) -> None:
    """Write the network in evaluation mode; the first axis of input and output is free."""
    import onnx

    drawing = _drawing(network)
    program = torch.onnx.export(
        drawing,
        (torch.from_numpy(example),),
        input_names=["input"],
        output_names=["picture"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        verbose=False,
    )
    model = program.model_proto
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, dict(told))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _drawing(network: nn.Module) -> nn.Module:
    made = copy.deepcopy(network).eval()
    for part in list(made.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.BatchNorm2d) and child.running_mean is None:
                setattr(part, name, OnePictureNorm(child))
    return made


def difference(network: nn.Module, example: np.ndarray, path: Path) -> float | None:
    """The largest between ours and onnxruntime's, of one picture and of several; None without it.

    InputError when it is more than rounding.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        return None
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    network.eval()
    with torch.inference_mode():
        ours = np.concatenate([network(torch.from_numpy(one[None])).numpy() for one in example])
    worst = 0.0
    for count in (1, len(example)):
        (made,) = session.run(None, {"input": example[:count]})
        worst = max(worst, float(np.abs(made - ours[:count]).max()))
    if not worst <= TOLERANCE:
        raise InputError(f"onnxruntime draws otherwise, by up to {worst:.2g} of 2: nothing is kept")
    return worst
