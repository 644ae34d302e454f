"""A feature extractor at work: uint8 pictures -> features. The one door to the networks.

What each is stands in built_in.py, how convolutions are made fast in fuse.py, and what runs them in
engine_torch.py and engine_openvino.py.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from metrics.errors import InputError
from metrics.extractors import resize as resizing
from metrics.extractors.engine_torch import DTYPES, TorchEngine, device_named, full_precision
from metrics.extractors.fuse import derive, is_foldable
from metrics.extractors.identity import Identity
from metrics.extractors.inception import Inception
from metrics.extractors.registry import ExtractorSpec
from metrics.extractors.weights import sha256_of
from metrics.sample import Sample

ENGINES = ("torch", "openvino")
PROTOCOLS = ("tf", "clean")


class Extractor:
    """A network under one set of weights on one device: pictures -> features.

    official, name, key, protocol: those of its `identity`.
    batch: pictures at a time.
    """

    def __init__(
        self,
        spec: ExtractorSpec,
        weights: Path | None = None,
        device: str = "cpu",
        resize: str = "tf",
        precision: str = "fp32",
        engine: str = "torch",
    ):
        """Build what `spec` says under `weights` (None: those of its package, if it has one).

        resize: "tf" (TensorFlow 1's) or "clean" (clean-fid's), for Inception; precision: "fp32" or
        "bf16"; engine: "torch" or "openvino". InputError for bad weights and for what there is not.
        """
        _check("resize", resize, PROTOCOLS)
        _check("precision", precision, DTYPES)
        _check("engine", engine, ENGINES)
        self.spec, self.precision, self.engine = spec, precision, engine
        self.device = device_named(device)
        if engine == "openvino" and self.device.type != "cpu":
            raise InputError(f"the engine openvino runs on the CPU, not on {device}", "use cpu")
        file = weights or (spec.release.packaged() if spec.release else None)
        self.identity = Identity(spec, digest(spec, file), resize, precision, engine)
        self.official = self.identity.official
        self.name, self.key = self.identity.name, self.identity.key
        self._mean, self._scale = (_per_channel(v, self.device) for v in (spec.mean, spec.scale))
        plain = spec.network(file)
        self._classes = _classes(plain)
        self._engine = self._made(plain)
        self.batch = self._engine.batch

    def _made(self, plain: nn.Module) -> Any:
        network = derive(plain) if is_foldable(plain) else plain
        if self.engine == "torch":
            return TorchEngine(network, self.device, self.precision, self.spec.side)
        if not isinstance(network, fx.GraphModule):
            raise InputError(f"the engine openvino does not run {self.name}", "--engine torch")
        from metrics.extractors.engine_openvino import OpenVinoEngine

        return OpenVinoEngine(network, self.precision, self.spec.side)

    def protocol(self) -> dict[str, Any]:
        """What two numbers must share to be comparable."""
        return self.identity.protocol()

    def features(
        self,
        pictures: np.ndarray | list[np.ndarray],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Sample:
        """Features of uint8 N H W 3 pictures (a memory map is read in batches), or N of H W 3.

        `on_progress(done, total)` is called after each batch.
        """
        for part in [pictures] if isinstance(pictures, np.ndarray) else [p[None] for p in pictures]:
            _check_pictures(part)
        total = len(pictures)
        pool = np.empty((total, self.spec.features), np.float32)
        batches = [slice(at, min(at + self.batch, total)) for at in range(0, total, self.batch)]
        with full_precision(), self._map(len(batches)) as map_:
            seen = map_(lambda rows: self._pooled(pictures[rows]), batches)
            for rows, part in zip(batches, seen, strict=True):
                pool[rows] = part
                if on_progress:
                    on_progress(rows.stop, total)
        # class scores without their bias, as torch-fidelity takes them
        return Sample(pool, None if self._classes is None else pool @ self._classes)

    def _pooled(self, pictures: np.ndarray | list[np.ndarray]) -> np.ndarray:
        with torch.inference_mode():
            how, side = self.identity.resized_by, self.spec.side
            whole = resizing.resized(pictures, how, side, self.device)
            return self._checked(self._engine(whole.sub_(self._mean).div_(self._scale)))

    def _checked(self, features: np.ndarray) -> np.ndarray:
        """Features of the width that was promised; InputError for a plugin's that are not."""
        if features.ndim != 2 or features.shape[1] != self.spec.features:
            raise InputError(
                f"the extractor {self.spec.name} gives an array of shape {features.shape} where "
                f"pictures x {self.spec.features} was promised"
            )
        return features

    @contextmanager
    def _map(self, batches: int) -> Iterator[Any]:
        """`map`, over one thread a core: cores that work on one picture wait for each other."""
        workers = min(self._engine.workers, batches)
        threads = torch.get_num_threads()
        if workers == 1:
            yield map
            return
        try:
            with ThreadPoolExecutor(workers, "extractor", torch.set_num_threads, (1,)) as pool:
                yield pool.map
        finally:
            torch.set_num_threads(threads)  # a new thread takes what was set last


def digest(spec: ExtractorSpec, file: Path | None) -> str:
    """Sha256 of what decides the features; InputError for weights that are not there or not its."""
    if spec.release is None:
        return spec.sha256
    if file is None:
        raise InputError(f"{spec.name} has no weights here", spec.release.where)
    found = sha256_of(file, spec.release)
    if found != spec.release.sha256 and not spec.any_weights:
        raise InputError(
            f"{file} is not {spec.release.filename} as published: its sha256 begins with "
            f"{found[:8]} instead of {spec.release.sha256[:8]}",
            spec.release.where,
        )
    return found


def _per_channel(value: Any, device: torch.device) -> Tensor:
    return torch.tensor(value, dtype=torch.float32, device=device).reshape(-1, 1, 1)


def _classes(network: nn.Module) -> np.ndarray | None:
    """Weights of Inception's class scores, F x classes, which the Inception Score asks for."""
    return network.fc.weight.T.numpy() if isinstance(network, Inception) else None


def _check(what: str, given: str, known: Iterable[str]) -> None:
    if given not in known:
        raise InputError(f"there is no {what} {given!r}", f"{what}: {' or '.join(known)}")


def _check_pictures(pictures: np.ndarray) -> None:
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
        raise InputError(
            f"pictures must be uint8 N H W 3, not {pictures.dtype} {pictures.shape}",
            "scale to 0-255, round and convert to uint8; RGB last",
        )
    if 0 in pictures.shape:
        raise InputError(f"there are no pictures in an array of shape {pictures.shape}")
