"""Weights in files of torch.save: read without running what is in them, and written."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.errors import InputError, shown

LARGEST = 2 * 2**30  # bytes; the largest generator that people share has 0.2 GiB
STATE = "torch.save(net.state_dict(), FILE)"
_NAMED = re.compile(r"(?:GLOBAL|[Ff]unction|[Cc]lass)\W+([\w.]+)")


def read(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a state_dict as float32 by name, without `module.` of DataParallel.

    InputError, a clause, when it holds anything else.
    """
    _check_size(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a wrong file can fail in any way
        raise _unreadable(error) from None
    arrays = {name: _array(name, value) for name, value in _tensors(found).items()}
    if arrays and all(name.startswith("module.") for name in arrays):
        return {name.removeprefix("module."): value for name, value in arrays.items()}
    return arrays


def _check_size(path: Path) -> None:
    """InputError when it is too large to be a generator, packed or unpacked."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(entry.file_size for entry in archive.infolist()))
        except Exception as error:
            raise _unreadable(error) from None
    if size > LARGEST:
        raise InputError(f"it is larger than {LARGEST:,} bytes, unpacked")


def _unreadable(error: Exception) -> InputError:
    said = str(error)
    if "Weights only" in said:
        if named := _NAMED.search(said):
            code = shown(named[1])
            return InputError(f"it holds code ({code}), which was not run, not only weights", STATE)
        return InputError("it is cut or no file of torch.save: nothing in it was run", STATE)
    first, _, _ = re.sub(r"\.\s.*", "", said.strip(), flags=re.DOTALL).partition("\n")
    reason = shown(first or type(error).__name__)
    return InputError(f"it is cut or no file of torch.save ({reason})")


def _tensors(found: Any) -> Mapping[str, Tensor]:
    if not isinstance(found, Mapping) or not found:
        raise InputError(f"it holds a {type(found).__name__}, not weights by name", STATE)
    inner = [name for name, value in found.items() if isinstance(value, Mapping)]
    if inner:
        name = shown(str(inner[0]))
        raise InputError(
            f"its weights lie deeper, in {name}, among other things",
            f'torch.save(torch.load(FILE)["{name}"], NEW)',
        )
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            what = f"a {type(value).__name__}"
            raise InputError(f"{shown(str(name))} in it is {what}, not weights", STATE)
    return found


def _array(name: str, value: Tensor) -> np.ndarray:
    if value.layout != torch.strided or value.is_quantized or value.is_complex():
        raise InputError(f"{shown(name)} is no plain tensor")
    held = value.untyped_storage().nbytes() if value.device.type == "cpu" else 0
    if value.numel() * value.element_size() > held:
        raise InputError(f"{shown(name)} claims more numbers than the file holds")
    if not bool(value.isfinite().all()):
        raise InputError(f"{shown(name)} holds values that are not finite numbers")
    return value.detach().float().contiguous().numpy()


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name as a state_dict."""
    torch.save({name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}, path)
