"""Name -> feature extractor: built in, an entry point of another package, or in a plugin file.

`ganbench list extractors` prints them; docs/extractors.md says which to quote when. No torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from metrics.addresses import Addresses
from metrics.extractors.release import Release

GROUP = "ganbench.extractors"  # entry-point group of installed plugins

Resize = Literal["tf", "clean", "bicubic"]
PerChannel = float | tuple[float, float, float]


@dataclass(frozen=True)
class ExtractorSpec:
    """What a feature extractor is. What runs it is metrics/extractors/extractor.py."""

    name: str  # registry name: "efficientnet-lite0"
    title: str  # stands before a metric's short name: "Lite0" makes "Lite0 FD"
    key: str  # the same in records: "lite0" makes "lite0_fd"
    features: int  # numbers a picture
    side: int  # pixels a side that the network is shown
    # weights file -> torch module: float32 N 3 side side, normalised -> float32 N features. On a
    # CPU. None: the weights come from elsewhere.
    network: Callable[[Path | None], Any]
    about: str  # what it is good for, in a line
    resizes: tuple[Resize, ...] = ("bicubic",)  # the first, unless the user chooses another of them
    mean: PerChannel = 127.5  # a pixel of 0 to 255 becomes (pixel - mean) / scale
    scale: PerChannel = 127.5
    release: Release | None = None
    sha256: str = ""  # without a release: of whatever decides the features
    any_weights: bool = False  # may a user bring other weights of its form?
    needs: tuple[str, ...] = ()  # packages that it imports, beside ours
    install: str = ""  # what to type where one is missing
    licence: str = ""
    paper: str = ""
    version: int = 1  # raised when the same pictures and weights give other features

    @property
    def normalisation(self) -> str:
        """In words, for people."""
        return f"(x - {self.mean}) / {self.scale}"


BUILT_IN = {
    "inception": "metrics.extractors.built_in:INCEPTION",
    "efficientnet-lite0": "metrics.extractors.built_in:LITE0",
    "efficientnet-lite2": "metrics.extractors.built_in:LITE2",
    "dinov2-vits14": "metrics.extractors.built_in:DINOV2_S",
    "dinov2-vitl14": "metrics.extractors.built_in:DINOV2_L",
    "random-inception": "metrics.extractors.built_in:RANDOM_INCEPTION",
}

_extractors = Addresses("extractor", ExtractorSpec, GROUP, BUILT_IN)
names, get, in_file = _extractors.names, _extractors.get, _extractors.in_file
