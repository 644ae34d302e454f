"""What an extractor is called, which follows from its weights and its choices alone. No torch."""

from dataclasses import dataclass
from typing import Any

import PIL

from metrics.extractors.registry import ExtractorSpec

RESIZES = {
    "tf": "TF1 bilinear {side}",
    "clean": f"clean-fid bicubic {{side}} (Pillow {PIL.__version__})",
    "bicubic": "bicubic {side} with antialias",
}


@dataclass(frozen=True)
class Identity:
    """An extractor under one set of weights, by the sha256 of their file, and how it looks.

    resize: of the user's choosing, where the spec leaves one.
    official: True only for Inception's published file in fp32; nothing else yields a number called
        FID.
    name, key: "Inception 2015-12-05" or "Lite0", for people and for records; another precision is
        part of both.
    """

    spec: ExtractorSpec
    sha256: str
    resize: str = "tf"
    precision: str = "fp32"
    engine: str = "torch"

    @property
    def official(self) -> bool:
        return self.spec.name == "inception" and self._published and self.precision == "fp32"

    @property
    def name(self) -> str:
        other = f"{self.spec.title.split()[0]} (weights {self.sha256[:8]})"
        plain = self.spec.title if self._published else other
        return plain + f" {self.precision}" * (self.precision != "fp32")

    @property
    def key(self) -> str:
        plain = self.spec.key if self._published else f"{self.spec.key}_{self.sha256[:8]}"
        return plain + f"_{self.precision}" * (self.precision != "fp32")

    @property
    def _published(self) -> bool:
        release = self.spec.release
        return release is None or self.sha256 == release.sha256

    @property
    def resized_by(self) -> str:
        """How pictures come to the network's size: "tf", "clean" or "bicubic"."""
        return self.resize if self.resize in self.spec.resizes else self.spec.resizes[0]

    def protocol(self) -> dict[str, Any]:
        """What two numbers must share to be comparable."""
        return {
            "extractor": self.name,
            "sha256": self.sha256,
            "resize": RESIZES[self.resized_by].format(side=self.spec.side),
            "precision": self.precision,
            "engine": self.engine,
            "tf32": "off",
            "extractor_version": self.spec.version,
        }
