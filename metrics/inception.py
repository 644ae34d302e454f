"""Inception v3 as FID uses it (TensorFlow's graph of 2015-12-05): uint8 pictures -> features.

The one file of `metrics` with a network. Against torchvision's Inception v3: 1,008 classes, average
pooling that leaves the padding out, max pooling in the last block, batch norm epsilon 1e-3.
Parameter names are those of the official file.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metrics import stand_in
from metrics.errors import InputError
from metrics.features import Features
from metrics.official import INCEPTION

SIDE = 299  # pixels, what the network was trained on
FEATURES = 2048
CLASSES = 1008
VERSION = 1  # raised when the same pictures and weights give other features
WEIGHTS_URLS = INCEPTION.urls
WEIGHTS_SHA256 = INCEPTION.sha256
WEIGHTS_BYTES = INCEPTION.size_bytes
HINT = f"the official file is {INCEPTION.filename}, from {INCEPTION.urls[0]}"

Kernel = int | tuple[int, int]


def resize_like_tensorflow_1(pictures: Tensor, side: int = SIDE) -> Tensor:
    """Resize N C H W floats to `side` as TensorFlow 1's ResizeBilinear did.

    Its source coordinate is destination * scale: no half-pixel centre, no antialias. That is
    corner-aligned interpolation between side + 1 points of a picture whose last row and column
    stand twice, less the last point.
    """
    padded = F.pad(pictures, (0, 1, 0, 1), mode="replicate")
    size = (side + 1, side + 1)
    return F.interpolate(padded, size, mode="bilinear", align_corners=True)[..., :side, :side]


class Conv(nn.Module):
    """Convolution, batch norm, ReLU. After `fold` the batch norm is inside the convolution."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Kernel, stride: int = 1, same: bool = True
    ):
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if same else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, (height, width), stride, padding, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)

    def fold(self) -> None:
        """Put the batch norm into weight and bias, in float64, so that one rounding is left."""
        norm = self.bn
        assert isinstance(norm, nn.BatchNorm2d) and norm.running_var is not None
        assert norm.running_mean is not None
        scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
        weight = self.conv.weight.double() * scale[:, None, None, None]
        bias = norm.bias.double() - norm.running_mean.double() * scale
        self.conv.weight = nn.Parameter(weight.float(), requires_grad=False)
        self.conv.bias = nn.Parameter(bias.float(), requires_grad=False)
        self.bn = nn.Identity()


def average(x: Tensor) -> Tensor:
    """3x3 average that leaves the padding out, as TensorFlow's does."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class BlockA(nn.Module):
    """Mixed_5b, 5c, 5d: 35 x 35."""

    def __init__(self, inputs: int, pooled: int):
        super().__init__()
        self.branch1x1 = Conv(inputs, 64, 1)
        self.branch5x5_1 = Conv(inputs, 48, 1)
        self.branch5x5_2 = Conv(48, 64, 5)
        self.branch3x3dbl_1 = Conv(inputs, 64, 1)
        self.branch3x3dbl_2 = Conv(64, 96, 3)
        self.branch3x3dbl_3 = Conv(96, 96, 3)
        self.branch_pool = Conv(inputs, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, three, self.branch_pool(average(x))], 1)


class BlockB(nn.Module):
    """Mixed_6a: 35 x 35 to 17 x 17."""

    def __init__(self, inputs: int):
        super().__init__()
        self.branch3x3 = Conv(inputs, 384, 3, stride=2, same=False)
        self.branch3x3dbl_1 = Conv(inputs, 64, 1)
        self.branch3x3dbl_2 = Conv(64, 96, 3)
        self.branch3x3dbl_3 = Conv(96, 96, 3, stride=2, same=False)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), three, F.max_pool2d(x, 3, stride=2)], 1)


class BlockC(nn.Module):
    """Mixed_6b to 6e: 17 x 17, 7x7 kernels as pairs of 1x7 and 7x1."""

    def __init__(self, inputs: int, middle: int):
        super().__init__()
        self.branch1x1 = Conv(inputs, 192, 1)
        self.branch7x7_1 = Conv(inputs, middle, 1)
        self.branch7x7_2 = Conv(middle, middle, (1, 7))
        self.branch7x7_3 = Conv(middle, 192, (7, 1))
        self.branch7x7dbl_1 = Conv(inputs, middle, 1)
        self.branch7x7dbl_2 = Conv(middle, middle, (7, 1))
        self.branch7x7dbl_3 = Conv(middle, middle, (1, 7))
        self.branch7x7dbl_4 = Conv(middle, middle, (7, 1))
        self.branch7x7dbl_5 = Conv(middle, 192, (1, 7))
        self.branch_pool = Conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        twice = self.branch7x7dbl_5(self.branch7x7dbl_4(twice))
        return torch.cat([self.branch1x1(x), seven, twice, self.branch_pool(average(x))], 1)


class BlockD(nn.Module):
    """Mixed_7a: 17 x 17 to 8 x 8."""

    def __init__(self, inputs: int):
        super().__init__()
        self.branch3x3_1 = Conv(inputs, 192, 1)
        self.branch3x3_2 = Conv(192, 320, 3, stride=2, same=False)
        self.branch7x7x3_1 = Conv(inputs, 192, 1)
        self.branch7x7x3_2 = Conv(192, 192, (1, 7))
        self.branch7x7x3_3 = Conv(192, 192, (7, 1))
        self.branch7x7x3_4 = Conv(192, 192, 3, stride=2, same=False)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat([three, self.branch7x7x3_4(seven), F.max_pool2d(x, 3, stride=2)], 1)


class BlockE(nn.Module):
    """Mixed_7b and 7c: 8 x 8. TensorFlow's graph pools 7b by average and 7c by maximum."""

    def __init__(self, inputs: int, maximum: bool):
        super().__init__()
        self.maximum = maximum
        self.branch1x1 = Conv(inputs, 320, 1)
        self.branch3x3_1 = Conv(inputs, 384, 1)
        self.branch3x3_2a = Conv(384, 384, (1, 3))
        self.branch3x3_2b = Conv(384, 384, (3, 1))
        self.branch3x3dbl_1 = Conv(inputs, 448, 1)
        self.branch3x3dbl_2 = Conv(448, 384, 3)
        self.branch3x3dbl_3a = Conv(384, 384, (1, 3))
        self.branch3x3dbl_3b = Conv(384, 384, (3, 1))
        self.branch_pool = Conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_1(x)
        twice = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = F.max_pool2d(x, 3, stride=1, padding=1) if self.maximum else average(x)
        branches = [self.branch1x1(x), self.branch3x3_2a(three), self.branch3x3_2b(three)]
        branches += [self.branch3x3dbl_3a(twice), self.branch3x3dbl_3b(twice)]
        return torch.cat([*branches, self.branch_pool(pooled)], 1)


class Inception(nn.Module):
    """The FID network: uint8 N 3 H W -> (pool N 2048, logits without bias N 1008)."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, stride=2, same=False)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3, same=False)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3, same=False)
        self.Mixed_5b = BlockA(192, pooled=32)
        self.Mixed_5c = BlockA(256, pooled=64)
        self.Mixed_5d = BlockA(288, pooled=64)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(768, middle=128)
        self.Mixed_6c = BlockC(768, middle=160)
        self.Mixed_6d = BlockC(768, middle=160)
        self.Mixed_6e = BlockC(768, middle=192)
        self.Mixed_7a = BlockD(768)
        self.Mixed_7b = BlockE(1280, maximum=False)
        self.Mixed_7c = BlockE(2048, maximum=True)
        self.fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        x = (resize_like_tensorflow_1(pictures.float()) - 128) / 128  # N 3 299 299
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))  # N 64 147 147
        x = self.Conv2d_3b_1x1(F.max_pool2d(x, 3, stride=2))  # N 80 73 73
        x = F.max_pool2d(self.Conv2d_4a_3x3(x), 3, stride=2)  # N 192 35 35
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))  # N 288 35 35
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))  # N 768 17 17
        x = self.Mixed_6e(self.Mixed_6d(x))  # N 768 17 17
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))  # N 2048 8 8
        pool = x.mean((2, 3))  # N 2048
        return pool, pool @ self.fc.weight.T

    def fold(self) -> "Inception":
        """Fold every batch norm into its convolution and lay the weights out channels-last."""
        for module in self.modules():
            if isinstance(module, Conv):
                module.fold()
        return self.to(memory_format=torch.channels_last)


def random_weights() -> dict[str, np.ndarray]:
    """The fixed stand-in for the official weights; see metrics/stand_in.py."""
    return stand_in.random_weights(_shapes())


def _shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the official file, without batch norm's counters of training steps."""
    with torch.device("meta"):
        state = Inception().state_dict()
    counters = ".num_batches_tracked"
    return {
        name: tuple(value.shape) for name, value in state.items() if not name.endswith(counters)
    }


def _read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a .pth or .safetensors file by name, checked; never unpickles objects."""
    try:
        state = _read_file(path)
    except Exception as error:  # a wrong file can fail in any way
        reason = str(error).strip().partition("\n")[0][:120] or type(error).__name__
        raise InputError(f"{path} is not a weights file ({reason})", HINT) from None
    problem = _mismatch(state)
    if problem:
        raise InputError(f"{path} does not hold the FID Inception network: {problem}", HINT)
    return {name: state[name].float() for name in _shapes()}


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
    shapes = _shapes()
    for name, shape in shapes.items():
        value = state.get(name)
        if not isinstance(value, Tensor):
            return f"{name} is missing"
        if tuple(value.shape) != shape:
            return f"{name} has shape {tuple(value.shape)} where {shape} is needed"
        if not value.is_floating_point() or not bool(value.isfinite().all()):
            return f"{name} holds values that are not finite numbers"
    extra = [n for n in state if n not in shapes and not n.endswith(".num_batches_tracked")]
    return f"{extra[0]} is no part of it" if extra else ""


class Extractor:
    """The FID network under one set of weights on one device: pictures -> Features.

    official: True only for the published file; everything else never yields a number called FID.
    name, key: "Inception 2015-12-05" or "random-Inception", for people and for records.
    sha256: of the weights file, or of the random tensors.
    """

    def __init__(self, weights: Path | None = None, device: str = "cpu"):
        """Read `weights`, .pth or .safetensors (None: the fixed random ones); InputError if bad."""
        self.device = _device(device)
        if weights is None:
            state = {name: torch.from_numpy(value) for name, value in random_weights().items()}
            self.sha256 = _sha256_of(state)
        else:
            self.sha256 = _sha256_of_file(weights)
            state = _read_weights(weights)
        self.official = self.sha256 == INCEPTION.sha256
        self.name, self.key = _named(self.sha256, weights is None)
        self.batch = 64 if self.device.type == "cuda" else 4  # larger ones outgrow a CPU's caches
        self._network = _network(state).fold().to(self.device)

    def protocol(self) -> dict[str, Any]:
        """What two numbers must share to be comparable."""
        return {
            "extractor": self.name,
            "sha256": self.sha256,
            "resize": f"TF1 bilinear {SIDE}",
            "precision": "fp32",
            "tf32": "off",
            "extractor_version": VERSION,
        }

    def features(
        self, pictures: np.ndarray, on_progress: Callable[[int, int], None] | None = None
    ) -> Features:
        """Features of uint8 N H W 3 pictures (a memory map is read in batches).

        `on_progress(done, total)` is called after each batch.
        """
        _check_pictures(pictures)
        total = len(pictures)
        pool = np.empty((total, FEATURES), np.float32)
        logits = np.empty((total, CLASSES), np.float32)
        with torch.inference_mode(), _full_precision():
            for start in range(0, total, self.batch):
                rows = slice(start, min(start + self.batch, total))
                pool[rows], logits[rows] = self._forward(pictures[rows])
                if on_progress:
                    on_progress(rows.stop, total)
        return Features(pool, logits)

    def _forward(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        batch = torch.from_numpy(np.array(pictures)).to(self.device)  # a copy: maps are read-only
        pool, logits = self._network(batch.permute(0, 3, 1, 2))  # N 3 H W, channels-last in memory
        return pool.cpu().numpy(), logits.cpu().numpy()


@contextmanager
def _full_precision() -> Iterator[None]:
    """No TF32 in a GPU's convolutions and products: its 10 bits move the third digit."""
    products = torch.backends.cuda.matmul
    before = products.allow_tf32
    products.allow_tf32 = False
    try:
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            yield
    finally:
        products.allow_tf32 = before


def _network(state: dict[str, Tensor]) -> Inception:
    with torch.device("meta"):
        network = Inception().eval()
    for name, value in network.state_dict().items():
        if name.endswith(".num_batches_tracked"):  # without meaning outside training
            state[name] = torch.zeros(value.shape, dtype=value.dtype)
    network.load_state_dict(state, strict=True, assign=True)
    return network.requires_grad_(False)


def _named(sha256: str, random: bool) -> tuple[str, str]:
    if random:
        return "random-Inception", "random_inception"
    if sha256 == INCEPTION.sha256:
        return "Inception 2015-12-05", "inception"
    return f"Inception (weights {sha256[:8]})", f"inception_{sha256[:8]}"


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


def _device(name: str) -> torch.device:
    try:
        torch.zeros(1, device=name)
        return torch.device(name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().partition("\n")[0][:120]
        raise InputError(f"device {name!r} cannot be used ({reason})", "use cpu") from None


def _check_pictures(pictures: np.ndarray) -> None:
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
        raise InputError(
            f"pictures must be uint8 N H W 3, not {pictures.dtype} {pictures.shape}",
            "scale to 0-255, round and convert to uint8; RGB last",
        )
    if 0 in pictures.shape:
        raise InputError(f"there are no pictures in an array of shape {pictures.shape}")
