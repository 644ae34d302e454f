"""Weights of a network: tensors of a file, checked against the names and shapes it must have."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metrics.errors import InputError
from metrics.extractors.inception import shapes as shapes_of_inception
from metrics.extractors.layers import COUNTERS
from metrics.extractors.random_weights import SHA256, draw
from metrics.extractors.release import Release

Shapes = dict[str, tuple[int, ...]]


def read(path: Path, wanted: Shapes, what: str, release: Release) -> dict[str, Tensor]:
    """Tensors of a .pth or .safetensors file by name; never unpickles objects.

    InputError when they are not those of `what`: other names, shapes, or no finite numbers. It says
    where the `release` is to be had.
    """
    try:
        state = _read_file(path)
    except Exception as error:  # a wrong file can fail in any way
        reason = str(error).strip().partition("\n")[0][:120] or type(error).__name__
        raise InputError(f"{path} is not a weights file ({reason})", release.where) from None
    problem = _mismatch(state, wanted)
    if problem:
        raise InputError(f"{path} does not hold {what}: {problem}", release.where)
    return {name: state[name].float() for name in wanted}


def random_tensors() -> dict[str, Tensor]:
    """The fixed random weights of Inception; see metrics/extractors/random_weights.py."""
    tensors = {name: torch.from_numpy(v) for name, v in draw(shapes_of_inception()).items()}
    digest = hashlib.sha256()
    for name, value in tensors.items():
        digest.update(name.encode())
        digest.update(value.numpy().data)
    assert digest.hexdigest() == SHA256
    return tensors


def _read_file(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise ValueError(f"it holds a {type(state).__name__}, not tensors by name")
    return state


def _mismatch(state: dict[str, Any], wanted: Shapes) -> str:
    """What is wrong with the names, shapes or values of `state`; empty when nothing is."""
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


def sha256_of(path: Path, release: Release) -> str:
    """Digest of a file; InputError, with where the `release` is, when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror or error})", release.where) from None
