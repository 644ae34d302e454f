"""The extractor of a score, whose network is built only when there is something to look at.

Importing torch and building the network take longer than all else when both sides are in the cache.
So what an extractor calls itself is remembered, by the content of the weights and of the code.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import metrics
from ganbench.errors import InputError
from ganbench.system import cache, files
from metrics.sample import Sample
from metrics.scoring import Extractor as Named

RANDOM = "random"  # in place of a weights file


@dataclass(frozen=True)
class Choices:
    """What an extractor is made of."""

    weights: Path | None  # None: the random stand-in
    device: str | None  # None: a GPU if there is one
    resize: str
    precision: str
    engine: str


class LazyExtractor:
    """As `metrics.extractors.extractor.Extractor`; `built` waits for the first picture."""

    def __init__(self, choices: Choices):
        """InputError for a device that is not there, whatever is in the cache."""
        self.choices = choices
        if choices.device not in (None, "cpu"):
            _device(choices.device)
        self._note = cache.folder("extractors") / f"{_identity(choices)}.json"
        self._about = _remembered(self._note)

    @property
    def remembered(self) -> bool:
        """Is its protocol known without importing torch?"""
        return self._about is not None

    @cached_property
    def built(self) -> Any:
        """The network; InputError for wrong weights or a device that is not there."""
        # As in processes.py: threads that spin while they wait are many times slower beside others.
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # read when torch is loaded
        from metrics.extractors.extractor import Extractor

        wanted = self.choices
        device = _device(wanted.device)
        made = Extractor(
            wanted.weights,
            device,
            resize=wanted.resize,
            precision=wanted.precision,
            engine=wanted.engine,
        )
        if not self.remembered:
            self._about = _describe(made, device)
            _remember(self._note, self._about)
        return made

    @property
    def about(self) -> dict[str, Any]:
        """Names and protocol, remembered or from the network itself."""
        if self._about is None:
            assert self.built  # which tells
        assert self._about
        return self._about

    @property
    def official(self) -> bool:
        return bool(self.about["official"])

    @property
    def name(self) -> str:
        return str(self.about["name"])

    @property
    def key(self) -> str:
        return str(self.about["key"])

    @property
    def device(self) -> str:
        """ "cpu", "cuda" or "mps"."""
        return str(self.about["device"])

    @property
    def batch(self) -> int:
        return int(self.built.batch)

    def protocol(self) -> dict[str, Any]:
        """What two numbers must share to be comparable."""
        return dict(self.about["protocol"])

    def features(self, *arguments: Any) -> Sample:
        """As `metrics.extractors.extractor.Extractor.features`."""
        seen: Sample = self.built.features(*arguments)
        return seen


def _identity(choices: Choices) -> str:
    """Hash of the weights' bytes, of the choices, and of all code that an extractor is made of."""
    digest = hashlib.sha256()
    code = Path(metrics.__file__).parent
    for file in sorted(code.rglob("*.py")):
        digest.update(file.read_bytes())
    weights = _sha256(choices.weights) if choices.weights else RANDOM
    made = (choices.device, choices.resize, choices.precision, choices.engine)
    parts = (_versions(), weights, *made, _accelerators())
    digest.update(repr(parts).encode())
    return digest.hexdigest()[:32]


def _device(wanted: str | None) -> str:
    from ganbench.system.frameworks import choose_device

    return choose_device("pytorch", wanted)


def _accelerators() -> tuple[bool, str]:
    """What decides the device that nobody named, as far as it is seen without importing torch."""
    return Path("/dev/nvidiactl").exists(), os.environ.get("CUDA_VISIBLE_DEVICES", "")


def _versions() -> tuple[str, ...]:
    """Versions of what looks, decodes and resizes; "" for what is not installed."""
    found = []
    for package in ("torch", "openvino", "numpy", "pillow"):
        try:
            found.append(version(package))
        except PackageNotFoundError:
            found.append("")
    return tuple(found)


def _sha256(path: Path) -> str:
    try:
        return files.sha256(path)
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror or error})") from None


def _describe(extractor: Named, device: str) -> dict[str, Any]:
    return {
        "device": device.partition(":")[0],
        "official": extractor.official,
        "name": extractor.name,
        "key": extractor.key,
        "protocol": extractor.protocol(),
    }


def _remembered(note: Path) -> dict[str, Any] | None:
    try:
        about = files.read_json(note)
    except (InputError, OSError):  # not there, or damaged
        return None
    known = {"device", "official", "name", "key", "protocol"}
    return about if isinstance(about, dict) and about.keys() == known else None


def _remember(note: Path, about: dict[str, Any]) -> None:
    try:
        files.write_json(note, about)
    except OSError:  # the features, which have to be kept, say what is wrong with the cache
        return
