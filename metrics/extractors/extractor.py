"""Inception v3 as FID uses it: uint8 pictures -> features. The one door to the network.

What it is stands in network.py, where its weights come from in weights.py, how it is made fast in
fuse.py, and what runs it in engine_torch.py and engine_openvino.py.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from metrics.errors import InputError
from metrics.extractors import resize as resizing
from metrics.extractors.engine_torch import DTYPES, TorchEngine, device_named, full_precision
from metrics.extractors.fuse import derive
from metrics.extractors.identity import RESIZES, Identity
from metrics.extractors.network import FEATURES, network
from metrics.extractors.weights import read as read_weights
from metrics.sample import Sample

ENGINES = ("torch", "openvino")


class Extractor:
    """The FID network under one set of weights on one device: pictures -> features.

    official, name, key, protocol: those of its `identity`.
    batch: pictures at a time.
    """

    def __init__(
        self,
        weights: Path | None = None,
        device: str = "cpu",
        resize: str = "tf",
        precision: str = "fp32",
        engine: str = "torch",
    ):
        """Read `weights`, .pth or .safetensors (None: the fixed random ones).

        resize: "tf" (TensorFlow 1's) or "clean" (clean-fid's); precision: "fp32" or "bf16"; engine:
        "torch" or "openvino". InputError for bad weights and for what there is not.
        """
        _check("resize", resize, RESIZES)
        _check("precision", precision, DTYPES)
        _check("engine", engine, ENGINES)
        self.resize, self.precision, self.engine = resize, precision, engine
        self.device = device_named(device)
        if engine == "openvino" and self.device.type != "cpu":
            raise InputError(f"the engine openvino runs on the CPU, not on {device}", "use cpu")
        known = read_weights(weights)
        self.identity = Identity(known.sha256, resize, precision, engine)
        self.official = self.identity.official
        self.name, self.key = self.identity.name, self.identity.key
        plain = network(known.tensors)
        self._classes = plain.fc.weight.T.numpy()
        self._engine = self._made(derive(plain))
        self.batch = self._engine.batch

    def _made(self, fast: Any) -> Any:
        if self.engine == "torch":
            return TorchEngine(fast, self.device, self.precision)
        from metrics.extractors.engine_openvino import OpenVinoEngine

        return OpenVinoEngine(fast, self.precision)

    def protocol(self) -> dict[str, Any]:
        """What two numbers must share to be comparable."""
        return self.identity.protocol()

    def features(
        self, pictures: np.ndarray, on_progress: Callable[[int, int], None] | None = None
    ) -> Sample:
        """Features of uint8 N H W 3 pictures (a memory map is read in batches).

        `on_progress(done, total)` is called after each batch.
        """
        _check_pictures(pictures)
        total = len(pictures)
        pool = np.empty((total, FEATURES), np.float32)
        batches = [slice(at, min(at + self.batch, total)) for at in range(0, total, self.batch)]
        with full_precision(), self._map(len(batches)) as map_:
            seen = map_(lambda rows: self._pooled(pictures[rows]), batches)
            for rows, part in zip(batches, seen, strict=True):
                pool[rows] = part
                if on_progress:
                    on_progress(rows.stop, total)
        return Sample(pool, self._logits(pool))

    def _pooled(self, pictures: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            whole = resizing.resized(pictures, self.resize, self.device)
            return self._engine(whole.sub_(128).div_(128))

    def _logits(self, pool: np.ndarray) -> np.ndarray:
        """Class scores without their bias, as torch-fidelity takes them."""
        return pool @ self._classes

    @contextmanager
    def _map(self, batches: int) -> Iterator[Any]:
        """`map`, over one thread a core: cores that work on one picture wait for each other."""
        workers = min(self._engine.workers, batches)
        threads = torch.get_num_threads()
        if workers == 1:
            yield map
            return
        try:
            with ThreadPoolExecutor(workers, "inception", torch.set_num_threads, (1,)) as pool:
                yield pool.map
        finally:
            torch.set_num_threads(threads)  # a new thread takes what was set last


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
