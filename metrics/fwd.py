"""Fréchet Wavelet Distance (Veeramacheneni et al., ICLR 2025, arXiv 2312.15289).

Every picture is cut into the 256 frequency bands of a level-4 Haar wavelet packet transform; the
number is the mean over bands of the squared Fréchet distance of a band's coefficients, those of
all three channels together. It looks through no network, so it carries no bias of one.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from metrics.errors import InputError
from metrics.pictures import blocks, check, check_sizes
from metrics.registry import Measurement, Metric
from metrics.sample import Sample

LEVEL = 4
TILE = 2**LEVEL  # a coefficient of level 4 sees a tile of this side, in pixels
BANDS = TILE * TILE
SCALE = 1 / (TILE * 255)  # of an integer coefficient: half a sum at each level, pixels 0 to 1
ENOUGH = 20  # pictures for each coefficient; of 1 to 3 of them Monets are 0.45 to 0.15 from Monets
MEMORY = 400e6  # bytes of int16 coefficients kept at a time, of both sides together


def fwd(generated: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Squared Fréchet distance of every band, TILE TILE: [0, 0] is the coarse picture.

    Takes uint8 N H W 3 and M H W 3, which may be memory maps. H and W are multiples of 16.
    """
    _check(generated, real)
    distances: list[float] = []
    # Many small matrices: a band a core is twice as fast as all cores on one band after another.
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(_cores()) as pool:
        for rows in _passes(generated.size + real.size):
            distances += pool.map(_distance, packets(generated, rows), packets(real, rows))
    return np.reshape(distances, (TILE, TILE))


def _cores() -> int:
    """That this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def packets(pictures: np.ndarray, rows: slice = slice(None)) -> np.ndarray:
    """Coefficients of the bands of some vertical frequencies, int16 P N F, not yet scaled.

    Four levels of Haar sums and differences of neighbours are one Hadamard transform of each
    16 x 16 tile: whole numbers, exact in float32. With mid-grey taken off they fit 16 bits.
    """
    down = _hadamard()[rows]  # v 16
    across = np.kron(_hadamard(), np.eye(3, dtype=np.float32))  # (h c) (16 c)
    count, height, width, _ = pictures.shape
    tiles = height * width // BANDS
    found = np.empty((len(down), TILE, count, 3, tiles), np.int16)
    start = 0
    for (block,) in blocks(pictures):
        stop = start + len(block)
        lines = block.reshape(len(block), height // TILE, TILE, -1).transpose(2, 0, 1, 3)
        part = down @ (lines.reshape(TILE, -1).astype(np.float32) - 128)  # v (n tiles 16 c)
        part = part.reshape(len(down), -1, TILE * 3).transpose(0, 2, 1)  # v (16 c) (n tiles)
        part = (across @ part).reshape(len(down), TILE, 3, len(block), tiles)
        found[:, :, start:stop] = part.transpose(0, 1, 3, 2, 4)  # v h n c tiles
        start = stop
    return found.reshape(len(down) * TILE, count, -1)


def _hadamard() -> np.ndarray:
    """16 x 16 signs, row 0 all plus: the packet filters of the Haar wavelet, in natural order."""
    signs = np.ones((1, 1), np.float32)
    for _ in range(LEVEL):
        signs = np.block([[signs, signs], [signs, -signs]])
    return signs


def _passes(numbers: int) -> Iterator[slice]:
    """Vertical frequencies to keep at a time; the pictures are read once for each of these."""
    at_once = int(min(TILE, max(1, MEMORY * TILE // (2 * numbers))))
    return (slice(start, start + at_once) for start in range(0, TILE, at_once))


def _distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Squared Fréchet distance of N F and M F coefficients, not yet scaled.

    The trace term is the nuclear norm of A B^T with covariances A^T A and B^T B, as in
    metrics/fid.py: real by construction. Centred coefficients are such roots, exact below full
    rank; where both sides have more than F of them, F x F roots say the same.
    """
    (mean, a), (other_mean, b) = _centred(SCALE * ours), _centred(SCALE * theirs)
    if min(len(a), len(b)) > a.shape[1]:
        a, b = _root(a), _root(b)
    step = mean - other_mean
    overlap = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return max(0.0, float(step @ step + np.vdot(a, a) + np.vdot(b, b) - 2 * overlap))


def _centred(side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean, and A of covariance = A^T A: N F."""
    mean = side.mean(axis=0)
    return mean, (side - mean) / np.sqrt(len(side) - 1)


def _root(centred: np.ndarray) -> np.ndarray:
    """R of R^T R = A^T A, rank F; eigenvalues below the rank tolerance are rounding noise."""
    values, vectors = np.linalg.eigh(centred.T @ centred)
    kept = values > max(values[-1], 0) * len(values) * np.finfo(np.float64).eps
    return (vectors[:, kept] * np.sqrt(values[kept])).T


def _check(generated: np.ndarray, real: np.ndarray) -> None:
    check(generated, "generated")
    check(real, "real")
    check_sizes(generated, real, ("generated", "real"))
    if min(len(generated), len(real)) < 2:
        raise InputError(
            f"a Fréchet distance needs at least 2 pictures on each side, "
            f"here are {len(generated)} generated and {len(real)} real ones"
        )
    height, width = real.shape[1:3]
    if height % TILE or width % TILE:
        raise InputError(
            f"pictures of {width} x {height} pixels do not divide into the {TILE}-pixel tiles "
            f"of a level-{LEVEL} wavelet transform",
            f"take a size that is a multiple of {TILE}, such as 64, 128 or 256",
        )


def measure(generated: Sample, real: Sample) -> Measurement:
    """Mean over bands; details tell the coarse picture from the finer bands."""
    ours, theirs = generated.pixels(), real.pixels()
    bands = fwd(ours, theirs)
    finer = (bands.sum() - bands[0, 0]) / (BANDS - 1)
    details = {"coarsest_band": float(bands[0, 0]), "finer_bands": float(finer)}
    return Measurement(float(bands.mean()), details, _note(ours, theirs))


def _note(ours: np.ndarray, theirs: np.ndarray) -> str:
    coefficients = theirs[0].size // BANDS
    count, side = min((len(ours), "generated"), (len(theirs), "reference"))
    if count >= ENOUGH * coefficients:
        return ""
    return (
        f"{count:,} {side} pictures for {coefficients:,} coefficients a band: "
        "with so few the distance is biased upwards"
    )


FWD = Metric(
    name="fwd",
    title="FWD",
    short="FWD",
    needs=("pictures",),
    better="lower",
    unit="",
    protocol={
        "wavelet": "Haar",
        "level": LEVEL,
        "pixels": "0 to 1",
        "coefficients": "of all channels together, not logged",
        "bands": "mean over all 256",
        "covariance": "N-1",
        "distance": "nuclear norm, float64",
    },
    version=1,
    measure=measure,
    about="how far the pictures lie from the real ones in every frequency band; no network looks",
    jackknife=False,  # a nuclear norm for every band: twenty more of them would take minutes
)
