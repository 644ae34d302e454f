"""The mesh that generators leave: peaks of the power spectrum at periods of 2 and 4 pixels.

Upsampling by transposed convolutions repeats a pattern at the stride (Odena et al. 2016,
"Deconvolution and Checkerboard Artifacts"); the spectrum shows it as peaks where natural pictures
have none. No network is asked, so none is fooled.
"""

from functools import cache

import numpy as np
from scipy import fft

from metrics import jackknife
from metrics.errors import InputError
from metrics.pictures import blocks, check
from metrics.registry import Measurement, Metric
from metrics.sample import Sample

PERIOD = 4  # pixels: the lattice holds this period and its half
NEAREST, FARTHEST = 2, 4  # bins: with a Hann window a peak is two bins wide on each side
SMALLEST = 32  # pixels a side: below, the neighbours of one peak reach the next
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Bins = tuple[np.ndarray, np.ndarray]


@cache
def lattice(height: int, width: int) -> tuple[tuple[Bins, Bins], ...]:
    """Every peak there may be, and the bins around it, on the lower half of the spectrum.

    Beside a peak on an axis, where the borders of pictures lie, stand neighbours on that axis.
    """
    found = []
    far = range(-FARTHEST, FARTHEST + 1)
    for v in range(0, height, height // PERIOD):
        for u in range(0, width // 2 + 1, width // PERIOD):
            ring = [
                _folded(v + dv, u + du, height, width)
                for dv in far
                for du in far
                if max(abs(dv), abs(du)) >= NEAREST and (u or not du) and (v or not dv)
            ]
            if u or v:
                rows, columns = np.array(ring).T
                found.append(((np.array([v]), np.array([u])), (rows, columns)))
    return tuple(found)


def _folded(v: int, u: int, height: int, width: int) -> tuple[int, int]:
    """The place of a frequency in the half that `rfft2` keeps: P(v, u) = P(-v, -u)."""
    return (v % height, u) if u <= width // 2 else (-v % height, width - u)


def powers(pictures: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Power at each peak, N, and around it, N K, of uint8 N H W 3."""
    height, width = pictures.shape[1:3]
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    places = lattice(height, width)
    found: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in places]
    for (block,) in blocks(pictures):
        grey = block.astype(np.float32) @ LUMA
        grey = (grey - grey.mean(axis=(1, 2), keepdims=True)) * window
        power = np.abs(fft.rfft2(grey, workers=-1)) ** 2
        for parts, (peak, ring) in zip(found, places, strict=True):
            parts.append((power[:, *peak][:, 0], power[:, *ring]))
    joined = (zip(*parts, strict=True) for parts in found)
    return [(np.concatenate(peaks), np.concatenate(rings)) for peaks, rings in joined]


def excess(parts: list[tuple[np.ndarray, np.ndarray]], rows: np.ndarray | slice) -> float:
    """Power at the peaks over the median of what is around them, mean over peaks, in dB.

    parts: for each peak float32 N and its ring N R, as of `powers`; of the N only `rows` count.
    """
    ratios = [
        peak[rows].mean() / max(np.median(ring[rows].mean(axis=0)), np.finfo(np.float32).tiny)
        for peak, ring in parts
    ]
    return float(10 * np.log10(max(np.mean(ratios), np.finfo(np.float32).tiny)))


def measure(generated: Sample, real: Sample) -> Measurement:
    """The mesh of the generated pictures with its error; details tell that of the real ones."""
    ours, theirs = powers(_checked(generated)), powers(_checked(real))
    value = excess(ours, slice(None))
    error = jackknife.standard_error(lambda rows: excess(ours, rows), len(generated))
    return Measurement(value, {"real": excess(theirs, slice(None))}, error=error)


def _checked(sample: Sample) -> np.ndarray:
    pictures = sample.pixels()
    check(pictures, "these")
    height, width = pictures.shape[1:3]
    if min(height, width) < SMALLEST or height % PERIOD or width % PERIOD:
        raise InputError(
            f"pictures of {width} x {height} pixels have no whole periods of {PERIOD}, "
            f"or fewer than {SMALLEST} pixels a side"
        )
    return pictures


MESH = Metric(
    name="mesh",
    title="Mesh",
    short="mesh",
    needs=("pictures",),
    better="lower",
    unit="dB",
    protocol={
        "spectrum": "power of the luma under a Hann window, mean over pictures",
        "periods": "2 and 4 pixels in each direction",
        "value": "power at the peaks over the median around them, mean over peaks",
    },
    version=1,
    measure=measure,
    kind="quality",
    about="peaks of the spectrum at periods of 2 and 4 pixels, as upsampling leaves; 0 is none",
    jackknife=False,  # it brings its own, from spectra that are made once
)
