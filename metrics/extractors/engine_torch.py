"""A network run by torch, on a GPU or by oneDNN on a CPU."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, fx, nn

from metrics.errors import InputError
from metrics.extractors.fuse import pack

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class TorchEngine:
    """float32 N 3 side side, normalised -> features, float32 N F.

    batch: pictures at a time. workers: threads that may call it at once, each with a core.
    """

    def __init__(self, network: nn.Module, device: torch.device, precision: str, side: int):
        self.device, self.dtype = device, DTYPES[precision]
        on_cpu = 4 if precision == "fp32" else 8  # larger ones outgrow a CPU's caches
        self.batch = 64 if device.type == "cuda" else on_cpu
        self.workers = torch.get_num_threads() if device.type == "cpu" else 1
        with torch.inference_mode():
            derived = isinstance(network, fx.GraphModule)
            if derived and device.type == "cpu" and _has_one_dnn(self.dtype):
                self.network: nn.Module = pack(network, self.dtype, self.batch, side)
                return
            self.network = network.to(device, self.dtype).to(memory_format=torch.channels_last)

    def __call__(self, pictures: Tensor) -> np.ndarray:
        """One batch, which may be smaller."""
        with torch.inference_mode():
            pool: Tensor = self.network(pictures.to(self.dtype, memory_format=torch.channels_last))
            return pool.float().cpu().numpy()


def _has_one_dnn(dtype: torch.dtype) -> bool:
    """Has torch the operators that its own compiler uses on x86, for numbers of this kind?

    For bfloat16 only where the processor has AVX-512.
    """
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    operators = ("_reorder_convolution_weight", "_convolution_pointwise")
    there = x86 and all(hasattr(torch.ops.mkldnn, name) for name in operators)
    return there and (dtype != torch.bfloat16 or torch.ops.mkldnn._is_mkldnn_bf16_supported())


@contextmanager
def full_precision() -> Iterator[None]:
    """No TF32 in a GPU's convolutions and products: its 10 bits move the third digit."""
    products = torch.backends.cuda.matmul
    before = products.allow_tf32
    products.allow_tf32 = False
    try:
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            yield
    finally:
        products.allow_tf32 = before


def device_named(name: str) -> torch.device:
    """A device that works; InputError if it does not."""
    try:
        torch.zeros(1, device=name)
        return torch.device(name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().partition("\n")[0][:120]
        raise InputError(f"device {name!r} cannot be used ({reason})", "use cpu") from None
