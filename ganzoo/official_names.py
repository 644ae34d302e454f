"""Generators under the names of the codes that people have trained with, theirs beside ours.

CycleGAN's two: junyanz/pytorch-CycleGAN-and-pix2pix, networks.py. DCGAN: the example in
pytorch/examples. Their layers stand in the order of ours; names differ, and in the U-Net the order
of the channels that a decoder layer is given: theirs has those from across first, ours last.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganzoo.errors import InputError, shown

Shapes = Mapping[str, tuple[int, ...]]
Arrays = Mapping[str, np.ndarray]

STATISTICS = ("running_mean", "running_var")
COUNT = "num_batches_tracked"
OTHERS = {
    "cyclegan-resnet": "--as cyclegan-resnet takes it",
    "cyclegan-unet": "--as cyclegan-unet takes it",
    "dcgan": "--as dcgan takes it",
}
# What theirs is beyond what weights tell; a run that differs has no file of theirs.
AS_THEIRS: dict[str, dict[str, Any]] = {
    "cyclegan-resnet": {
        "residual": False, "upsample": "transposed", "norm_epsilon": 1e-5, "canvas": 0,
    },
    "cyclegan-unet": {
        **{"residual": False, "upsample": "transposed", "norm_epsilon": 1e-5, "slope": 0.2},
        **{"encoder": (), "decoder": (), "skips": "relu", "bottleneck_norm": False, "canvas": 0},
    },
    "dcgan": {"upsample": "transposed", "dense_start": False, "norm_epsilon": 1e-5},
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """One array under both names."""

    ours: str
    theirs: str
    across: int = 0  # so many of its input channels come from across, in theirs first, ours last

    def to_ours(self, array: np.ndarray) -> np.ndarray:
        """Their array as ours."""
        return np.roll(array, -self.across, axis=0) if self.across else array

    def to_theirs(self, array: np.ndarray) -> np.ndarray:
        """Our array as theirs."""
        return np.roll(array, self.across, axis=0) if self.across else array


@dataclass(frozen=True)
class Layout:
    """All arrays of a generator, and where theirs has norm layers, with their channels."""

    pairs: tuple[Pair, ...]
    norms: dict[str, int]


@dataclass(frozen=True)
class Found:
    """What a file's shapes say of the generator in it."""

    changes: dict[str, Any]  # of the official settings
    size: int  # pixels that it is made for
    layout_options: dict[str, bool]
    notes: tuple[str, ...] = ()


def kind(shapes: Shapes) -> str:
    """Which model's generator it is, "discriminator", or "" when it is none of these."""
    if any(".conv_block." in name for name in shapes):
        return "cyclegan-resnet"
    if "model.model.0.weight" in shapes:
        return "cyclegan-unet"
    for first in ("main.0.weight", "model.0.weight", "net.0.weight"):
        shape = shapes.get(first, ())
        if len(shape) == 4 and shape[1] in (1, 3, 6):
            return "discriminator"
    return "dcgan" if len(shapes.get("main.0.weight", ())) == 4 else ""


def inferred(model: str, shapes: Shapes) -> Found:
    """Settings and size of a generator of `model`; InputError when it is another network's."""
    there = kind(shapes)
    if there == "discriminator":
        raise InputError("it is a discriminator's, and only generators draw", "netG_..., net_G_...")
    if there != model:
        first = next(iter(shapes), "")
        what = f"it is a {there} generator" if there else f"{shown(first)} is no weight of one"
        raise InputError(f"it is no {model} generator: {what}", OTHERS.get(there, ""))
    return {"cyclegan-resnet": _resnet, "cyclegan-unet": _unet, "dcgan": _dcgan}[model](shapes)


def _shape(shapes: Shapes, name: str, axes: int = 4) -> tuple[int, ...]:
    shape = shapes.get(name)
    if shape is None:
        raise InputError(f"{name} is missing")
    if len(shape) != axes:
        raise InputError(f"{name} has shape {shape}, and should have {axes} axes")
    return shape


def _resnet(shapes: Shapes) -> Found:
    numbers = {int(m[1]) for m in map(re.compile(r"model\.(\d{1,4})\.conv_").match, shapes) if m}
    start = min(numbers, default=10)
    if f"model.{start}.conv_block.0.weight" in shapes:
        raise InputError("its blocks pad with zeros; ours mirror the border, as the paper's do")
    dropout = f"model.{start}.conv_block.6.weight" in shapes and (
        len(shapes[f"model.{start}.conv_block.6.weight"]) == 4
    )
    norm = "batch" if "model.2.weight" in shapes else "instance"
    width = _shape(shapes, "model.1.weight")[0]
    changes = {"width": width, "blocks": len(numbers), "norm": norm}
    notes = ("its blocks had dropout, and draw without",) if dropout else ()
    size = 128 if len(numbers) <= 6 else 256
    return Found(changes, size, {"dropout": dropout}, notes + _of_batch(norm))


def _unet(shapes: Shapes) -> Found:
    depth = 1 + sum(re.fullmatch(_DOWN, name) is not None for name in shapes)
    norm = "batch" if f"{_level(1)}2.weight" in shapes else "instance"
    changes = {
        "width": _shape(shapes, "model.model.0.weight")[0],
        "depth": depth,
        "norm": norm,
    }
    notes = ("if it had dropout, which weights do not tell, it draws without",)
    return Found(changes, 2 ** min(depth, 12), {}, notes + _of_batch(norm))


def _of_batch(norm: str) -> tuple[str, ...]:
    said = "batch norm goes by the picture at hand, as their test.py does without --eval"
    return (said,) if norm == "batch" else ()


def _dcgan(shapes: Shapes) -> Found:
    numbers = sorted(
        int(m[1]) for name, shape in shapes.items()
        if (m := re.fullmatch(r"main\.(\d{1,3})\.weight", name)) and len(shape) == 4
    )  # fmt: skip
    if len(numbers) < 4:
        raise InputError(f"it has {len(numbers)} convolutions; ours has 4 or more, for 32 px")
    changes = {
        "latent": _shape(shapes, "main.0.weight")[0],
        "width": _shape(shapes, f"main.{numbers[-1]}.weight")[0],
    }
    return Found(changes, 4 * 2 ** min(len(numbers) - 1, 12), {}, (_RUNNING,))


_RUNNING = "batch norm draws by its running statistics; the example drew by those of each batch"
_DOWN = r"model\.model(\.1\.model)(\.3\.model)*\.1\.weight"


def layout(model: str, settings: Any, size: int, dropout: bool = False) -> Layout:
    """The names of a generator with these settings."""
    if model == "cyclegan-resnet":
        return _Writer(settings).resnet(dropout)
    if model == "cyclegan-unet":
        return _Writer(settings).unet(size)
    return _Writer(settings).dcgan(size)


class _Writer:
    """Collects a generator's layers from its input on."""

    def __init__(self, settings: Any):
        self.settings = settings
        norm = getattr(settings, "norm", "batch")
        self.bias, self.affine = norm == "instance", norm != "instance"
        self.pairs: list[Pair] = []
        self.norms: dict[str, int] = {}

    def resnet(self, dropout: bool) -> Layout:
        w, blocks = self.settings.width, self.settings.blocks
        for place, channels in ((1, w), (4, 2 * w), (7, 4 * w)):
            self.both(f"layers.{place}", f"model.{place}", place, channels)
        for place in range(10, 10 + blocks):
            for number, shift in ((1, 0), (5, int(dropout))):
                ours, theirs = f"layers.{place}.layers", f"model.{place}.conv_block"
                self.conv(f"{ours}.{number}", f"{theirs}.{number + shift}", self.bias)
                self.norm(f"{ours}.{number + 1}", f"{theirs}.{number + shift + 1}", 4 * w)
        last = 10 + blocks
        for place, channels in ((last, 2 * w), (last + 3, w)):
            self.both(f"layers.{place}", f"model.{place}", place, channels)
        self.conv(f"layers.{last + 7}", f"model.{last + 7}", True)
        return self.done()

    def both(self, ours: str, theirs: str, place: int, channels: int) -> None:
        """A convolution and the norm after it, numbered one more."""
        self.conv(ours, theirs, self.bias)
        after = str(place + 1)
        self.norm(
            f"{ours.rpartition('.')[0]}.{after}", f"{theirs.rpartition('.')[0]}.{after}", channels
        )

    def unet(self, size: int) -> Layout:
        encoder, decoder = self.settings.filters(size)
        last = len(encoder) - 1
        self.conv("down.0.0", f"{_level(0)}0", self.bias)
        for i in range(1, last + 1):
            self.conv(f"down.{i}.1", f"{_level(i)}1", self.bias)
            if i < last:
                self.norm(f"down.{i}.2", f"{_level(i)}2", encoder[i])
        for j, channels in enumerate(decoder):
            i, place = last - j, 3 if j == 0 else 5  # the innermost has no level within
            self.conv(f"up.{j}.1", f"{_level(i)}{place}", self.bias, encoder[i] if j else 0)
            self.norm(f"up.{j}.2", f"{_level(i)}{place + 1}", channels)
        self.conv("out.1", f"{_level(0)}3", True, encoder[0])
        return self.done()

    def dcgan(self, size: int) -> Layout:
        doublings = size.bit_length() - 3  # from 4 px on
        for i in range(doublings):
            channels = self.settings.width * min(2 ** (doublings - 1 - i), 8)
            self.conv(f"layers.{3 * i}", f"main.{3 * i}", False)
            ours, theirs = f"layers.{3 * i + 1}", f"main.{3 * i + 1}"
            self.norm(ours, theirs, channels)
            self.pairs += [Pair(f"{ours}.{name}", f"{theirs}.{name}") for name in STATISTICS]
        self.conv(f"layers.{3 * doublings}", f"main.{3 * doublings}", False)
        return self.done()

    def conv(self, ours: str, theirs: str, bias: bool, across: int = 0) -> None:
        self.pairs.append(Pair(f"{ours}.weight", f"{theirs}.weight", across))
        if bias:
            self.pairs.append(Pair(f"{ours}.bias", f"{theirs}.bias"))

    def norm(self, ours: str, theirs: str, channels: int) -> None:
        self.norms[theirs] = channels
        if self.affine:
            names = ("weight", "bias")
            self.pairs += [Pair(f"{ours}.{name}", f"{theirs}.{name}") for name in names]

    def done(self) -> Layout:
        return Layout(tuple(self.pairs), self.norms)


def _level(depth: int) -> str:
    """Where the layers of a level of their U-Net lie, each level within the one before."""
    return "model.model." + "1.model." * (depth > 0) + "3.model." * (depth - 1)


def to_ours(state: Arrays, names: Layout) -> dict[str, np.ndarray]:
    """A file's arrays under our names; InputError when one is missing or left over.

    Statistics that a norm layer of ours does not keep are passed over, as their code does.
    """
    wanted = {pair.theirs for pair in names.pairs}
    for name in wanted:
        if name not in state:
            raise InputError(f"{name} is missing")
    over = [f"{norm}.{name}" for norm in names.norms for name in (*STATISTICS, COUNT)]
    for name in state.keys() - wanted - set(over):
        raise InputError(f"{shown(name)} is left over: it has a layer that ours has not")
    return {pair.ours: pair.to_ours(state[pair.theirs]) for pair in names.pairs}


def to_theirs(state: Arrays, names: Layout, norm: str) -> dict[str, np.ndarray]:
    """Our arrays under the names of their file, in the order of ours.

    Statistics that their batch norm keeps and ours does not are those of a fresh layer.
    """
    made = {pair.theirs: pair.to_theirs(state[pair.ours]) for pair in names.pairs}
    for place, channels in names.norms.items() if norm == "batch" else ():
        made.setdefault(f"{place}.running_mean", np.zeros(channels, np.float32))
        made.setdefault(f"{place}.running_var", np.ones(channels, np.float32))
        made.setdefault(f"{place}.{COUNT}", np.zeros((), np.int64))
    return made


def unlike_theirs(model: str, settings: Any, size: int) -> str:
    """Why a generator of `settings` is none of their code's, or "" when it is."""
    for name, value in AS_THEIRS.get(model, {}).items():
        if (own := getattr(settings, name)) != value:
            return f"{name}={own!r} where theirs is {value!r}"
    if getattr(settings, "norm", "batch") == "group":
        return "norm=group, which theirs has not"
    if model == "dcgan" and size != 64:
        return f"{size} px where the example draws 64"
    if model == "cyclegan-unet" and len(settings.filters(size)[0]) < 5:
        return "fewer than 5 levels"
    return ""
