"""A feature extractor of one's own: how the colours of a picture are spread, and nothing else.

ganbench score FAKE REAL --plugin examples/colour_extractor.py --extractor colours
"""

import torch

from metrics.extractors.registry import ExtractorSpec

BINS = 8


class ColourHistogram(torch.nn.Module):
    """float32 N 3 S S in -1..1 -> the share of each of 8 levels in each channel, N 24."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        levels = ((pictures + 1) / 2 * BINS).long().clamp(0, BINS - 1).flatten(2)  # N 3 places
        shares = [(levels == level).float().mean(2) for level in range(BINS)]
        return torch.cat(shares, 1)


COLOURS = ExtractorSpec(
    name="colours",
    title="Colours",
    key="colours",
    features=3 * BINS,
    side=64,
    network=lambda weights: ColourHistogram(),
    about="which colours there are, wherever they stand",
    sha256="colours of 8 levels, version 1",
)
