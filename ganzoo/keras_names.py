"""The U-Net of the Keras tutorials in its files: .h5, .weights.h5 and .keras, as ours.

Amy Jang's "Monet CycleGAN" and TensorFlow's pix2pix have it. Arrays and the description in JSON are
read; no layer is made of them and no code is run.
"""

import io
import json
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.errors import InputError, shown

LARGEST, LARGEST_CONFIG = 2 * 2**30, 2**26  # bytes
MOST_ARRAYS = 10_000
MEMBER = "model.weights.h5"
MAGIC = b"\x89HDF\r\n\x1a\n"
SLOPE, EPSILON, EXAMPLES_EPSILON = 0.3, 1e-3, 1e-5  # of Keras; of TensorFlow's examples' own norm
ROLES = {
    "kernel": "kernel", "bias": "bias", "gamma": "scale", "scale": "scale", "beta": "shift",
    "offset": "shift", "moving_mean": "mean", "moving_variance": "variance",
}  # fmt: skip
KNOWN = re.compile(
    "Functional|Model|Sequential|InputLayer|Conv2D|Conv2DTranspose|LeakyReLU|ReLU|Dropout"
    "|Concatenate|(Batch|Group|Instance)Normalization|Addons>(Group|Instance)Normalization"
    "|([\\w-]+>)?InstanceNormalization"
)


@dataclass
class Layer:
    """One layer's arrays by their role."""

    path: str
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    of_examples: bool = False  # the norm that TensorFlow's examples bring

    @property
    def transposed(self) -> bool:
        """Is it a transposed convolution?"""
        return "transpose" in self.path

    @property
    def is_norm(self) -> bool:
        """Does it normalise, so that it has no kernel?"""
        return "kernel" not in self.arrays


@dataclass(frozen=True)
class Generator:
    """The file's arrays under our names, settings and size."""

    changes: dict[str, Any]
    size: int
    arrays: dict[str, np.ndarray]
    notes: tuple[str, ...]


def is_keras(path: Path) -> bool:
    """By its first bytes: HDF5, or a zip with weights of Keras in it."""
    if _is_hdf5(path):
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return MEMBER in archive.namelist() or "config.json" in archive.namelist()
    except Exception:  # whatever is in it, it is none
        return False


def _is_hdf5(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read(path: Path) -> Generator:
    """The U-Net generator in a file of Keras; InputError, a clause, when it is another network."""
    try:
        return _fitted(*_read(path))
    except InputError:
        raise
    except Exception as error:  # a wrong file can fail in any way
        reason = shown(str(error).partition("\n")[0][:120] or type(error).__name__)
        raise InputError(f"it is cut or no file of Keras ({reason})") from None


def _read(path: Path) -> tuple[list[Layer], Any]:
    try:
        import h5py
    except ImportError:
        raise InputError("reading it needs h5py", "pip install h5py") from None

    source: Any = path
    config: Any = None
    if not _is_hdf5(path):
        with zipfile.ZipFile(path) as archive:
            if max((entry.file_size for entry in archive.infolist()), default=0) > LARGEST:
                raise InputError(f"it is larger than {LARGEST:,} bytes, unpacked")
            if archive.getinfo("config.json").file_size > LARGEST_CONFIG:
                raise InputError("its description is larger than 64 MiB")
            config = json.loads(archive.read("config.json"))
            source = io.BytesIO(archive.read(MEMBER))
    with h5py.File(source, "r") as file:
        if "model_config" in file.attrs:
            config = json.loads(file.attrs["model_config"])
        return _layers(file, h5py), config


def _layers(file: Any, h5py: Any) -> list[Layer]:
    """Layers in the order of their numbers; links are not followed out of the file."""
    found: dict[str, Layer] = {}
    room = [LARGEST, MOST_ARRAYS]

    def visit(name: str, there: Any) -> None:
        if not isinstance(there, h5py.Dataset) or name.startswith(("optimizer", "_")):
            return
        room[0] -= int(there.size) * 4
        room[1] -= 1
        if min(room) < 0 or there.external or there.is_virtual:
            raise InputError("it claims more numbers than a generator has")
        if there.ndim in (1, 4) and there.dtype.kind == "f":
            place, _, own = name.rpartition("/")
            layer = found.setdefault(place.removesuffix("/vars"), Layer(place))
            layer.arrays[own.removesuffix(":0")] = np.asarray(there, np.float32)

    file.visititems(visit)  # hard links alone, each once
    layers = [found[place] for place in sorted(found, key=_in_order)]
    for layer in layers:
        numbered = "0" in layer.arrays and "instance_normalization" in layer.path
        layer.of_examples = numbered or "offset" in layer.arrays
        layer.arrays = _by_role(layer.arrays)
    return layers


def _in_order(path: str) -> list[tuple[str, int]]:
    """conv2d, conv2d_1 ... conv2d_10."""
    parts = (re.fullmatch(r"(.*?)(?:_(\d{1,9}))?", part) for part in path.split("/"))
    return [(part[1], int(part[2] or 0)) for part in parts if part]


def _by_role(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """By what they are: from their names, or from their numbers in the order of creation."""
    if "0" not in arrays:
        return {ROLES.get(name, name): value for name, value in arrays.items()}
    roles = ("kernel", "bias") if arrays["0"].ndim == 4 else ("scale", "shift", "mean", "variance")
    return {role: arrays[str(i)] for i, role in enumerate(roles) if str(i) in arrays} | {
        name: value for name, value in arrays.items() if not name.isdigit() or int(name) > 3
    }


def _fitted(layers: list[Layer], config: Any) -> Generator:
    """Our names for their arrays; InputError says what differs."""
    convolutions = [layer for layer in layers if not layer.is_norm]
    down = [layer for layer in convolutions if not layer.transposed]
    up = [layer for layer in convolutions if layer.transposed]
    norms = [layer for layer in layers if layer.is_norm]
    depth = len(down)
    if depth < 2 or len(up) != depth:
        raise InputError(
            f"it is no U-Net of the Keras tutorials: it has {depth} convolutions and {len(up)}"
            " transposed ones, where these are equally many"
        )
    biased = [layer for layer in convolutions if "bias" in layer.arrays]
    if len(biased) != 1 or not biased[0].transposed:
        raise InputError("only the last of its convolutions should have a bias")
    last = biased[0]
    up = [layer for layer in up if layer is not last]
    inner = len(norms) - 2 * (depth - 1)
    if inner not in (0, -1):
        raise InputError(f"it has {len(norms)} norm layers where {2 * depth - 2} are needed")
    facts = _described(config, [len(norm.arrays.get("scale", ())) for norm in norms])
    changes, notes = _settings(down, up, norms, facts)
    changes["bottleneck_norm"] = inner == 0
    normed = norms[: depth - 1 + inner]
    arrays = {"down.0.0.weight": _turned(down[0])}
    for i, layer in enumerate(down[1:], 1):
        arrays[f"down.{i}.1.weight"] = _turned(layer)
        if i <= len(normed):
            arrays |= _affine(f"down.{i}.2", normed[i - 1])
    for j, (layer, norm) in enumerate(zip(up, norms[len(normed) :], strict=True)):
        arrays[f"up.{j}.1.weight"] = _turned(layer)
        arrays |= _affine(f"up.{j}.2", norm)
    arrays |= {"out.1.weight": _turned(last), "out.1.bias": last.arrays["bias"]}
    if not all(np.isfinite(value).all() for value in arrays.values()):
        raise InputError("it holds values that are not finite numbers")
    return Generator(changes, facts.get("size") or 2 ** min(depth, 12), arrays, notes)


def _turned(layer: Layer) -> np.ndarray:
    """A kernel in our layout: (out, in, height, width), and (in, out, ...) of a transposed one."""
    return layer.arrays["kernel"].transpose(3, 2, 0, 1)


def _affine(place: str, norm: Layer) -> dict[str, np.ndarray]:
    try:
        return {f"{place}.weight": norm.arrays["scale"], f"{place}.bias": norm.arrays["shift"]}
    except KeyError:
        raise InputError(f"{shown(norm.path)} is no norm with scale and shift") from None


def _settings(
    down: list[Layer], up: list[Layer], norms: list[Layer], facts: dict[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    encoder = tuple(layer.arrays["kernel"].shape[3] for layer in down)
    decoder = tuple(layer.arrays["kernel"].shape[2] for layer in up)
    width, depth = encoder[0], len(encoder)
    changes: dict[str, Any] = {"width": width, "depth": depth, "skips": "leaky"}
    if encoder != tuple(width * min(2**i, 8) for i in range(depth)) or decoder != encoder[-2::-1]:
        changes |= {"encoder": encoder, "decoder": decoder}
    changes["slope"] = facts.get("slope", SLOPE)
    examples = any(layer.of_examples for layer in norms)
    changes["norm_epsilon"] = facts.get("epsilon", EXAMPLES_EPSILON if examples else EPSILON)
    notes = ["it draws without dropout, which the tutorials leave on"]
    if not facts:
        notes.append(
            f"slope {SLOPE} and epsilon {changes['norm_epsilon']:g} are the tutorials': weights"
            " alone do not tell"
        )
    if any("mean" in norm.arrays for norm in norms):
        changes["norm"] = "batch"
        notes.append(
            "batch norm goes by the picture at hand, as the tutorials draw (training=True)"
        )
    else:  # instance norm with scale and shift is group norm of one channel a group
        changes |= {"norm": "group", "groups": math.lcm(*encoder[1:], *decoder)}
    return changes, tuple(notes)


def _described(config: Any, channels: list[int]) -> dict[str, Any]:
    """Slope, epsilon and size from the file's description; {} when it has none.

    InputError when a layer is none of the tutorials', code above all.
    """
    told = _Told()
    for name, about in _described_layers(config):
        if not KNOWN.fullmatch(name):
            code = ", which is code," if name == "Lambda" else ""
            raise InputError(f"it has a layer {shown(name)}{code} that ours has not")
        told.hear(name, about)
    for count, there in zip(told.groups, channels, strict=False):
        if count not in (-1, there):
            raise InputError(f"it has group norm of {count} groups; the tutorials' is by channel")
    return told.facts


class _Told:
    """What the layers' descriptions say, one after the other."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.groups: list[Any] = []

    def hear(self, name: str, about: dict[str, Any]) -> None:
        """Take down a layer's; InputError when it contradicts one before."""
        if "Conv2D" in name:
            _check_convolution(about)
        elif name == "LeakyReLU":
            self.agreed("slope", float(about.get("negative_slope", about.get("alpha", SLOPE))))
        elif "Normalization" in name:
            self.agreed("epsilon", float(about.get("epsilon", EXAMPLES_EPSILON)))
            self.groups.append(about.get("groups", -1))
        elif name == "InputLayer":
            shape = about.get("batch_shape", about.get("batch_input_shape"))
            if shape and isinstance(shape[1], int):
                self.facts.setdefault("size", shape[1])

    def agreed(self, what: str, value: float) -> None:
        if self.facts.setdefault(what, value) != value:
            raise InputError(f"its layers differ in {what}: {self.facts[what]:g} and {value:g}")


def _described_layers(value: Any, depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Class and settings of each layer, from the input on."""
    if not isinstance(value, dict) or depth > 8:
        return
    about = value.get("config")
    if isinstance(value.get("class_name"), str) and isinstance(about, dict):
        yield value["class_name"], about
        for layer in about.get("layers", ()):
            yield from _described_layers(layer, depth + 1)


def _check_convolution(about: dict[str, Any]) -> None:
    wanted = {"kernel_size": [4, 4], "strides": [2, 2], "padding": "same"}
    for name, value in wanted.items():
        if about.get(name) != value:
            raise InputError(
                f"a convolution of it has {name}={shown(str(about.get(name)))}, not {value}"
            )
    if about.get("activation") not in ("linear", "tanh"):
        raise InputError(f"a convolution of it ends in {shown(str(about.get('activation')))}")
