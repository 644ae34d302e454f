"""Doubling by nearest neighbours and a 3x3 convolution, folded into one transposed convolution.

A pixel that became 2x2 is met by the 3x3 taps at four places each way: summed there, 16 taps of a
4x4 kernel do the work of 36, and the larger picture is never made. The mesh of other transposed
convolutions cannot come of it: their weights are free, these are sums of the 3x3 ones.
"""

import numpy as np

MANY = 64  # pixels of a channel in a batch, from which on it pays; measured on two cores


def _falls() -> np.ndarray:
    """On which of four taps the three fall, in one direction: 3 x 4."""
    falls = np.zeros((3, 4), np.float32)
    for tap in range(3):
        falls[tap, [2 - tap, 3 - tap]] = 1  # from the first and from the second of two pixels
    return falls


FOLD = np.einsum("ax,by->abxy", _falls(), _falls()).reshape(9, 16)  # of 3*3 taps, the 4*4
