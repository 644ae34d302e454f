"""Input match: does an output still show its own input? Chance level is ignore-the-input.

The share of outputs that lie nearest, among all inputs, to the one they were made from. Near means
the correlation of luminance averaged to 16 x 16, so colour and contrast may change freely.
Our own, of no paper.
"""

import numpy as np

from metrics import jackknife
from metrics.errors import InputError
from metrics.pictures import blocks, check_pairs
from metrics.registry import Measurement, Metric
from metrics.sample import Sample

SIDE = 16
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
FLAT = 1e-6  # grey levels: a picture that varies less has no structure, only rounding noise
TIE = 1e-9  # of a correlation: equal inputs must tie, whatever the order of a sum
BLOCK = 1024  # outputs compared at a time


def structure(pictures: np.ndarray) -> np.ndarray:
    """Luminance of uint8 N H W 3 on a 16 x 16 grid, mean 0, length 1: float64 N 256.

    Zeros for a picture of one luminance: it resembles everything equally little.
    """
    height, width = pictures.shape[1:3]
    down, across = _averaging(height), _averaging(width)
    parts = []
    for (block,) in blocks(pictures):
        grid = (down @ (block @ LUMA) @ across.T).reshape(len(block), -1)
        grid -= grid.mean(axis=1, keepdims=True)
        length = np.linalg.norm(grid, axis=1, keepdims=True)
        kept = length > FLAT * SIDE
        parts.append(np.where(kept, grid / np.where(kept, length, 1.0), 0.0))
    return np.concatenate(parts)


def _averaging(size: int) -> np.ndarray:
    """16 x size: each row averages its sixteenth of a line; pixels on a border are shared."""
    edges = np.linspace(0, size, SIDE + 1)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.clip(overlap, 0, None) * SIDE / size


def matches(pictures: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Of each output, 1 when its own input is the nearest of all, else 0; float64 N.

    T inputs that are equally near share the 1, as a guess among them would. Both sides are uint8
    N H W 3; InputError for one pair.
    """
    check_pairs(pictures, inputs, ("output", "input"))
    if len(inputs) < 2:
        raise InputError("to tell inputs apart takes at least 2 of them, here is 1")
    ours, theirs = structure(pictures), structure(inputs)
    parts = []
    for start in range(0, len(ours), BLOCK):
        likeness = ours[start : start + BLOCK] @ theirs.T
        near = likeness >= likeness.max(axis=1, keepdims=True) - TIE
        own = np.arange(len(near)), start + np.arange(len(near))
        parts.append(near[own] / near.sum(axis=1))
    return np.concatenate(parts)


def measure(generated: Sample, real: Sample) -> Measurement:
    """Share of outputs nearest to their own input; the real pictures play no part."""
    assert generated.inputs is not None
    found = matches(generated.pixels(), generated.inputs)
    return Measurement(
        float(found.mean()), {"chance": 1 / len(found)}, error=jackknife.of_mean(found)
    )


INPUT_MATCH = Metric(
    name="input_match",
    title="Input match",
    short="input match",
    needs=("pictures", "inputs"),
    better="higher",
    unit="",
    protocol={
        "structure": "BT.601 luminance on a 16 x 16 grid",
        "nearest": "largest correlation, over all inputs of the sample",
        "ties": "shared",
    },
    version=1,
    measure=measure,
    kind="translation",
    about="share of outputs that resemble their own input most; 1 divided by N is chance",
    jackknife=False,  # its error has a closed form; leaving inputs out makes the task easier
)
