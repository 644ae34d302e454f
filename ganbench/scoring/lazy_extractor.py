"""The extractor of a score, whose network is built only when there is something to look at.

Importing torch and building the network take longer than all else when both sides are in the cache.
What it is called follows from the weights' sha256; only the device is told by torch alone, so the
one that nobody named is remembered.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.system import cache, digest_cache, environment, files
from metrics.extractors.identity import Identity
from metrics.extractors.registry import ExtractorSpec
from metrics.sample import Sample


@dataclass(frozen=True)
class Choices:
    """What an extractor is made of."""

    spec: ExtractorSpec
    weights: Path | None  # None: it needs no file
    device: str | None  # None: a GPU if there is one
    resize: str
    precision: str
    engine: str


class LazyExtractor:
    """As `metrics.extractors.extractor.Extractor`; `built` waits for the first picture."""

    def __init__(self, choices: Choices):
        """InputError for a device that is not there, whatever is in the cache."""
        self.choices = choices
        spec, how = choices.spec, (choices.resize, choices.precision, choices.engine)
        self.identity = Identity(spec, _sha256(choices) or spec.sha256, *how)
        if choices.device not in (None, "cpu"):
            _choose(choices.device)
        self._device = choices.device or _usual_device()

    @property
    def remembered(self) -> bool:
        """Is all that its features are kept under known without importing torch?"""
        return self._device is not None

    @cached_property
    def built(self) -> Any:
        """The network; InputError for wrong weights or a device that is not there."""
        # As in child_process.py: threads that spin while they wait are many times slower beside
        # others. Read when torch is loaded.
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
        wanted = self.choices
        device = _choose(wanted.device)
        from metrics.extractors.extractor import Extractor

        return Extractor(
            wanted.spec,
            wanted.weights,
            device,
            resize=wanted.resize,
            precision=wanted.precision,
            engine=wanted.engine,
        )

    @property
    def official(self) -> bool:
        return self.identity.official

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def key(self) -> str:
        return self.identity.key

    @property
    def device(self) -> str:
        """ "cpu", "cuda" or "mps"."""
        if self._device is None:
            self._device = _choose(None)
            _remember(self._device)
        return self._device.partition(":")[0]

    @property
    def batch(self) -> int:
        return int(self.built.batch)

    def protocol(self) -> dict[str, Any]:
        """What two numbers must share to be comparable."""
        return self.identity.protocol()

    def features(self, *arguments: Any) -> Sample:
        """As `metrics.extractors.extractor.Extractor.features`."""
        seen: Sample = self.built.features(*arguments)
        return seen


def _choose(wanted: str | None) -> str:
    from ganbench.system.frameworks import choose_device

    return choose_device("pytorch", wanted)


def _sha256(choices: Choices) -> str:
    """Of the weights; nothing where there are none."""
    try:
        return digest_cache.sha256(choices.weights) if choices.weights else ""
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot read {choices.weights} ({reason})") from None


def _note() -> Path:
    """Where the device is kept, by what decides it as far as it is seen without torch."""
    seen = Path("/dev/nvidiactl").exists(), os.environ.get("CUDA_VISIBLE_DEVICES", "")
    name = hashlib.sha256(repr((environment.installed("torch"), *seen)).encode()).hexdigest()
    return cache.folder("extractors") / f"{name[:32]}.json"


def _usual_device() -> str | None:
    try:
        told = files.read_json(_note())
    except (InputError, OSError):  # not there, or damaged
        return None
    device = told.get("device") if isinstance(told, dict) else None
    return device if isinstance(device, str) else None


def _remember(device: str) -> None:
    try:
        files.write_json(_note(), {"device": device})
    except OSError:  # the features, which have to be kept, say what is wrong with the cache
        return
