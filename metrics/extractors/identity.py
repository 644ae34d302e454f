"""What an extractor is called, which follows from its weights and its choices alone. No torch."""

from dataclasses import dataclass
from typing import Any

import PIL

from metrics.extractors.random_weights import SHA256 as RANDOM
from metrics.extractors.release import INCEPTION

VERSION = 2  # raised when the same pictures and weights give other features
RESIZES = {
    "tf": "TF1 bilinear 299",
    "clean": f"clean-fid bicubic 299 (Pillow {PIL.__version__})",
}


@dataclass(frozen=True)
class Identity:
    """One set of weights, by the sha256 of their file or of the random tensors, and how it looks.

    official: True only for the published file in fp32; nothing else yields a number called FID.
    name, key: "Inception 2015-12-05" or "random-Inception", for people and for records; another
        precision is part of both.
    """

    sha256: str
    resize: str = "tf"
    precision: str = "fp32"
    engine: str = "torch"

    @property
    def official(self) -> bool:
        return self.sha256 == INCEPTION.sha256 and self.precision == "fp32"

    @property
    def name(self) -> str:
        other = f"Inception (weights {self.sha256[:8]})"
        known = {INCEPTION.sha256: "Inception 2015-12-05", RANDOM: "random-Inception"}
        return known.get(self.sha256, other) + f" {self.precision}" * (self.precision != "fp32")

    @property
    def key(self) -> str:
        known = {INCEPTION.sha256: "inception", RANDOM: "random_inception"}
        plain = known.get(self.sha256, f"inception_{self.sha256[:8]}")
        return plain + f"_{self.precision}" * (self.precision != "fp32")

    def protocol(self) -> dict[str, Any]:
        """What two numbers must share to be comparable."""
        return {
            "extractor": self.name,
            "sha256": self.sha256,
            "resize": RESIZES[self.resize],
            "precision": self.precision,
            "engine": self.engine,
            "tf32": "off",
            "extractor_version": VERSION,
        }
