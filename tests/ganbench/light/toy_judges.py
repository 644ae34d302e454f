"""Judges for runs on a cluster: a network of six numbers with weights, and metrics of bad nodes."""

import hashlib
import os
import time
from pathlib import Path

from metrics.extractors.registry import ExtractorSpec
from metrics.extractors.release import Release
from metrics.registry import Measurement, Metric

WEIGHTS = b"paint" * 100  # of toy.pth


def network(weights):
    """float32 N 3 S S -> N 6, and only with the weights."""
    import torch

    class Colours(torch.nn.Module):
        scale = len(Path(weights).read_bytes()) / len(WEIGHTS)

        def forward(self, pictures):
            return self.scale * torch.cat([pictures.mean((2, 3)), pictures.std((2, 3))], 1)

    return Colours()


TOY = ExtractorSpec(
    name="toy",
    title="Toy",
    key="toy",
    features=6,
    side=16,
    network=network,
    about="means and spreads of the colours",
    release=Release("Toy", hashlib.sha256(WEIGHTS).hexdigest(), len(WEIGHTS), "toy.pth"),
)


def redness(generated, real):
    """How red one side is beyond the other."""
    return Measurement(float(generated.pixels()[..., 0].mean() - real.pixels()[..., 0].mean()))


def fails(generated, real):
    """Only where the command was typed can this be measured."""
    if "TRIAL_HERE" not in os.environ:
        raise RuntimeError("the judge has no eyes")
    return redness(generated, real)


def waits(generated, real):
    """On a node this takes until there is a file `go` in its cache."""
    while "TRIAL_HERE" not in os.environ and not Path(os.environ["GANBENCH_CACHE"], "go").exists():
        time.sleep(0.05)
    return redness(generated, real)


FAILS = Metric(
    name="fails_away",
    title="fails away",
    short="fails away",
    needs=("pictures",),
    better="lower",
    unit="",
    protocol={},
    version=1,
    measure=fails,
)
WAITS = Metric(
    name="waits_away",
    title="waits away",
    short="waits away",
    needs=("pictures",),
    better="lower",
    unit="",
    protocol={},
    version=1,
    measure=waits,
)
