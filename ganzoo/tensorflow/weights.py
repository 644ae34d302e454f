"""The weights of a Keras network under the names and in the layout of its PyTorch twin."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from ganzoo import draws

# Name of a variable in Keras -> in PyTorch.
NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "u": "u",
    "noise": "noise",
}


@dataclass(frozen=True)
class Slot:
    """One variable of a network, with the name and the layout that its PyTorch twin has."""

    name: str
    variable: keras.Variable

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in PyTorch's layout."""
        return to_torch(np.broadcast_to(np.float32(0), self.variable.shape)).shape

    def read(self) -> np.ndarray:
        """The value in PyTorch's layout: (out, in, height, width), or (in, out, ...) transposed."""
        return to_torch(self.variable.numpy())

    def write(self, value: np.ndarray) -> None:
        """Take a value in PyTorch's layout; ValueError when its shape is another."""
        own = from_torch(value)
        if own.shape != self.variable.shape:
            raise ValueError(f"{self.name} is {value.shape}, not {self.shape}")
        self.variable.assign(own)


def to_torch(value: np.ndarray) -> np.ndarray:
    """Keras' layout of a kernel -> PyTorch's."""
    # Keras keeps (height, width, in, out), and (height, width, out, in) of a transposed one.
    return value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T


def from_torch(value: np.ndarray) -> np.ndarray:
    """PyTorch's layout of a kernel -> Keras'."""
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value.T


def slots(network: keras.Layer) -> list[Slot]:
    """All weights of a network in the order of creation, seeds of dropout left out."""
    return [
        Slot(f"{path}.{NAMES[variable.name]}", variable)
        for path, layer in leaves(network)
        for variable in layer.variables
        if variable.name in NAMES
    ]


def seeds(network: keras.Model) -> list[keras.Variable]:
    """The states of a network's random layers."""
    return [v for _, layer in leaves(network) for v in layer.variables if v.name not in NAMES]


def leaves(layer: keras.Layer, path: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """The innermost layers with the paths of their twins: names in a model, numbers in a stack."""
    if not isinstance(layer, keras.Model):
        yield path, layer
        return
    for number, part in enumerate(layer.layers):
        name = str(number) if isinstance(layer, keras.Sequential) else part.name
        yield from leaves(part, f"{path}.{name}".lstrip("."))


def init_normal(networks: Iterable[keras.Model], std: float, seed: int) -> None:
    """Convolutions N(0, std), norm weights N(1, std), biases 0 (Radford et al. 2016).

    Drawn in numpy, so that a twin in another framework starts from the very same weights.
    """
    for number, network in enumerate(networks):
        random = draws.of_weights(seed, number)
        for slot in slots(network):
            if slot.name.endswith(".weight"):
                mean = 1.0 if len(slot.shape) == 1 else 0.0
                slot.write(draws.normal(random, mean, std, slot.shape))


def spread_by_fan_in(network: keras.Layer, std: float, slope: float) -> None:
    """Spread weights of N(0, std) as layers without norms need it (He et al. 2015, eq. 15)."""
    for slot in slots(network):
        if len(slot.shape) == 4:
            wanted = math.sqrt(2 / ((1 + slope**2) * math.prod(slot.shape[1:])))
            slot.write(slot.read() * np.float32(wanted / std))


def silence_last(*networks: keras.Model) -> None:
    """Let networks begin with an output of 0: the weights of their last convolution are 0."""
    for network in networks:
        kernels = [slot.variable for slot in slots(network) if len(slot.shape) == 4]
        kernels[-1].assign(np.zeros(kernels[-1].shape, np.float32))
