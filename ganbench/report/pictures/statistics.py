"""Colour and texture of pictures as numbers: histograms, mean colour, radial power spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 32  # of a histogram: eight grey levels each
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
SMALLEST = 16  # pixels a side below which a spectrum has too few frequencies to draw
FINE = 4  # pixels: detail of this period and below is fine
BLOCK = 16  # pictures transformed at once
TINY = 1e-12


@dataclass(frozen=True)
class Statistics:
    """What is kept of pictures: nothing from which one of them could be made again."""

    count: int
    histograms: np.ndarray  # 3 BINS, shares of the pixels by channel
    colours: np.ndarray  # N 3, mean colour of every picture in grey levels
    spectrum: tuple[np.ndarray, np.ndarray] | None  # cycles per pixel, power; None of small ones
    halves: float | None  # overlap of every other picture with the rest; None of a single one

    @property
    def mean(self) -> np.ndarray:
        """Mean colour: red, green, blue in grey levels of 255."""
        return np.asarray(self.colours.mean(axis=0))

    @property
    def decibels(self) -> list[float]:
        """Power by frequency in dB."""
        if self.spectrum is None:
            return []
        return [float(level) for level in 10 * np.log10(np.maximum(self.spectrum[1], TINY))]


def of(stacks: Sequence[np.ndarray]) -> Statistics | None:
    """Statistics of uint8 N H W 3; of several sizes the spectrum is of the first. None of none."""
    stacks = [stack for stack in stacks if len(stack)]
    if not stacks:
        return None
    counts = sum(_counts(stack) for stack in stacks)
    like = [stack for stack in stacks if stack.shape[1:] == stacks[0].shape[1:]]
    return Statistics(
        count=sum(map(len, stacks)),
        histograms=counts / np.maximum(1, np.sum(counts, axis=1, keepdims=True)),
        colours=np.concatenate([stack.mean(axis=(1, 2), dtype=np.float64) for stack in stacks]),
        spectrum=_radial(like),
        halves=_halves(stacks),
    )


def _halves(stacks: Sequence[np.ndarray]) -> float | None:
    """What the histograms of two halves of the same pictures share: less than 1 by chance alone."""
    counts = [
        sum(_counts(stack[start::2]) for stack in stacks if len(stack) > start) for start in (0, 1)
    ]
    if any(np.sum(side) == 0 for side in counts):
        return None
    first, second = (side / np.sum(side, axis=1, keepdims=True) for side in counts)
    return _shared(first, second)


def _counts(stack: np.ndarray) -> np.ndarray:
    levels = [np.bincount(stack[..., channel].ravel(), minlength=256) for channel in range(3)]
    return np.asarray(levels, np.float64).reshape(3, BINS, -1).sum(axis=2)


def _radial(stacks: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
    """Power of the luma under a Hann window by frequency, mean over directions and pictures."""
    height, width = stacks[0].shape[1:3]
    if min(height, width) < SMALLEST:
        return None
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    power = np.zeros((height, width // 2 + 1))
    for stack in stacks:
        for start in range(0, len(stack), BLOCK):
            grey = stack[start : start + BLOCK].astype(np.float32) @ LUMA
            grey = (grey - grey.mean(axis=(1, 2), keepdims=True)) * window
            power += (np.abs(np.fft.rfft2(grey)) ** 2).sum(axis=0)
    power /= sum(map(len, stacks)) * float((window**2).sum())
    side = min(height, width)
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    rings = np.rint(frequencies * side).astype(int)
    summed = np.bincount(rings.ravel(), power.ravel())
    counted = np.bincount(rings.ravel())
    places = np.arange(1, side // 2 + 1)  # up to a period of two pixels; corners lie beyond
    return places / side, summed[places] / np.maximum(1, counted[places])


def overlap(first: Statistics, second: Statistics) -> float:
    """Part of their histograms that two have in common, mean over channels: 1 where equal."""
    return _shared(first.histograms, second.histograms)


def _shared(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.minimum(first, second).sum(axis=1).mean())


def colour_distance(first: Statistics, second: Statistics) -> tuple[float, float | None]:
    """How far two mean colours lie apart in grey levels, and the standard error of that.

    The error is over pictures, by the delta method; None where one side has a single picture.
    """
    gap = first.mean - second.mean
    distance = float(np.linalg.norm(gap))
    if min(first.count, second.count) < 2:
        return distance, None
    covariance = sum(np.cov(side.colours, rowvar=False) / side.count for side in (first, second))
    direction = gap / distance if distance > TINY else np.full(3, 3**-0.5)
    return distance, float(np.sqrt(max(0.0, direction @ covariance @ direction)))


def fine_detail(first: Statistics, second: Statistics) -> float | None:
    """Power at periods of 2 to 4 pixels against that of `second`, in dB; None without spectra."""
    if first.spectrum is None or second.spectrum is None:
        return None
    powers = []
    for frequencies, power in (first.spectrum, second.spectrum):
        powers.append(float(power[frequencies >= 1 / FINE].mean()))
    if min(powers) < TINY:
        return None
    return float(10 * np.log10(powers[0] / powers[1]))
