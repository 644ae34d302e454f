"""Weights of the FID network: the official file, another of its form, or the random stand-in."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metrics.errors import InputError
from metrics.extractors.network import COUNTERS, shapes
from metrics.extractors.random_weights import SHA256, draw
from metrics.extractors.release import INCEPTION

HINT = f"the official file is {INCEPTION.filename}, from {INCEPTION.urls[0]}"


@dataclass(frozen=True)
class Weights:
    """Tensors by their official names, and the sha256 of their file or of the random ones."""

    tensors: dict[str, Tensor]
    sha256: str


def read(path: Path | None) -> Weights:
    """Weights of a .pth or .safetensors file (None: the random ones); InputError if it is wrong."""
    if path is None:
        tensors = {name: torch.from_numpy(value) for name, value in random_weights().items()}
        assert _sha256_of(tensors) == SHA256
        return Weights(tensors, SHA256)
    return Weights(sha256=_sha256_of_file(path), tensors=_read_tensors(path))


def random_weights() -> dict[str, np.ndarray]:
    """The fixed stand-in for the official weights; see metrics/extractors/random_weights.py."""
    return draw(shapes())


def _read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a .pth or .safetensors file by name, checked; never unpickles objects."""
    try:
        state = _read_file(path)
    except Exception as error:  # a wrong file can fail in any way
        reason = str(error).strip().partition("\n")[0][:120] or type(error).__name__
        raise InputError(f"{path} is not a weights file ({reason})", HINT) from None
    problem = _mismatch(state)
    if problem:
        raise InputError(f"{path} does not hold the FID Inception network: {problem}", HINT)
    return {name: state[name].float() for name in shapes()}


def _read_file(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise ValueError(f"it holds a {type(state).__name__}, not tensors by name")
    return state


def _mismatch(state: dict[str, Any]) -> str:
    """What is wrong with the names, shapes or values of `state`; empty when nothing is."""
    wanted = shapes()
    for name, shape in wanted.items():
        value = state.get(name)
        if not isinstance(value, Tensor):
            return f"{name} is missing"
        if value.layout != torch.strided:  # its indices may point anywhere
            return f"{name} is a sparse tensor"
        if tuple(value.shape) != shape:
            return f"{name} has shape {tuple(value.shape)} where {shape} is needed"
        if not value.is_floating_point() or not bool(value.isfinite().all()):
            return f"{name} holds values that are not finite numbers"
    extra = [name for name in state if name not in wanted and not name.endswith(COUNTERS)]
    return f"{extra[0]} is no part of it" if extra else ""


def _sha256_of(state: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, value in state.items():
        digest.update(name.encode())
        digest.update(value.numpy().data)
    return digest.hexdigest()


def _sha256_of_file(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror or error})", HINT) from None
