"""`compare`: our number beside a reference's, asserted, and kept as a row of docs/parity.md.

And the networks under random weights, which take seconds to build: read them, do not change them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytest

from ganbench.system import files

if TYPE_CHECKING:
    import torch

    from metrics.extractors.extractor import Extractor

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
HEAD = """\
# Our numbers beside those of the reference implementations

Written by the tests, which fail where a difference exceeds its bound. To write it anew:

    GANBENCH_WRITE_DOCS=1 GANBENCH_MONET=<folder with monet_jpg and photo_jpg> \\
        pytest tests/metrics

**These values are no FIDs and say nothing of any model.** Wherever Inception looks at pictures, it
and the reference's load the same file of *random* weights in the official format: that proves the
arithmetic, and needs no download. EfficientNet-Lite's weights are the published ones. Arrays are
made-up features, for what needs more pictures. "features" are compared as a whole: the length of
the difference by the length of the reference.
clean-fid cannot load a local file, so it is given our network: its rows hold its reading of files,
its resize and its distance against ours.

| metric | reference | compared on | ours | reference | relative difference | bound |
|---|---|---|---|---|---|---|
"""

# Metric and reference that the page must have; a run of some of the tests does not write it.
EXPECTED = {
    *((name, "torch-fidelity") for name in ("features", "FID", "KID", "precision", "recall")),
    ("Inception Score", "torch-fidelity"),
    ("MiFID", "torchmetrics"),
    *((name, "prdc") for name in ("density", "coverage")),
    *((name, "clean-fid") for name in ("features", "FID")),
    ("FWD", "the paper"),
    *((f"features of {name}", "efficientnet-lite-pytorch") for name in ("Lite0", "Lite2")),
}

Number = float | np.ndarray


class Compare(Protocol):
    """Assert that `ours` is within `bound` of `theirs`, relatively, and keep the row.

    reference: a distribution's name, "torch-fidelity", to which its version is added, and after
    a comma what is special; or words for a transcription that is no distribution.
    """

    def __call__(
        self, metric: str, reference: str, on: str, ours: Number, theirs: Number, bound: float
    ) -> None: ...


@dataclass(frozen=True)
class Row:
    metric: str
    reference: str
    on: str
    ours: Number
    theirs: Number
    bound: float

    @property
    def difference(self) -> float:
        off = float(np.linalg.norm(np.subtract(self.ours, self.theirs, dtype=np.float64)))
        length = float(np.linalg.norm(self.theirs))
        return off / length if length else (np.inf if off else 0.0)

    def __str__(self) -> str:
        shown = (_shown(self.ours), _shown(self.theirs), f"{self.difference:.1e}")
        words = (self.metric, _with_version(self.reference), self.on, *shown, f"{self.bound:.0e}")
        return "| " + " | ".join(words) + " |"


def _shown(value: Number) -> str:
    if np.ndim(value):
        return " x ".join(map(str, np.shape(value))) + f", length {np.linalg.norm(value):.6g}"
    return f"{float(value):.8g}"


def _with_version(reference: str) -> str:
    name, comma, special = reference.partition(",")
    return f"{name} {version(name)}{comma}{special}" if " " not in name else reference


@pytest.fixture(scope="session")
def random_tensors() -> dict[str, "torch.Tensor"]:
    """The random weights by their official names."""
    from metrics.extractors import weights

    return weights.random_tensors()


@pytest.fixture(scope="session")
def weights_file(random_tensors, tmp_path_factory) -> Path:
    """Random weights in the official format."""
    import torch

    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(random_tensors, path)
    return path


@pytest.fixture(scope="session")
def extractor() -> "Extractor":
    """Ours, under the random weights."""
    from metrics.extractors.built_in import RANDOM_INCEPTION
    from metrics.extractors.extractor import Extractor

    return Extractor(RANDOM_INCEPTION)


@pytest.fixture(scope="session")
def reference(weights_file) -> "torch.nn.Module":
    """torch-fidelity's network, under the same ones."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    return FeatureExtractorInceptionV3(
        "parity", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(weights_file)
    )


@pytest.fixture(scope="session")
def rows(request) -> Iterator[list[Row]]:
    kept: list[Row] = []
    yield kept
    there = {(row.metric.split(",")[0], row.reference.split(",")[0]) for row in kept}
    whole = there >= EXPECTED and any("JPEGs" in row.on for row in kept)
    if os.environ.get("GANBENCH_WRITE_DOCS") and whole and not request.session.testsfailed:
        files.write_text(PAGE, HEAD + "".join(f"{row}\n" for row in kept))


@pytest.fixture
def compare(rows) -> Compare:
    def _compare(
        metric: str, reference: str, on: str, ours: Number, theirs: Number, bound: float
    ) -> None:
        row = Row(metric, reference, on, ours, theirs, bound)
        rows.append(row)
        assert row.difference <= bound, str(row)

    return _compare
