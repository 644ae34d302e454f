"""Random weights for the FID network where the official ones are out of reach."""

import math

import numpy as np

SHA256 = "c89701d243db6433af8b2445bbb4847e46fc330ce7e1634146d2034d69156e14"  # of them all
SEED = 1  # of three tried, the one whose distances rise most evenly with distortion
CENTRING = 0.15  # fraction of each filter's mean taken out; see `draw`


def draw(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Fixed random weights for parameters of these names and shapes: float32, the same everywhere.

    He-scaled uniform filters, batch norm left at identity. Between ReLUs every value is positive,
    so that filters with a mean see little but brightness; without any mean they turn rounding noise
    into signal. Taking out a part of it separates colours and textures and keeps distances rising
    with blur and noise. Bits and sums are integers, so that no platform rounds differently.
    """
    bits = np.random.PCG64(SEED)
    weights = {}
    for name, shape in shapes.items():
        if len(shape) > 1:
            centring = 0.0 if name.startswith("Conv2d_1a") else CENTRING
            weights[name] = _random_filters(bits, shape, centring)
        else:
            one = name.endswith(("bn.weight", "running_var"))
            weights[name] = np.full(shape, float(one), np.float32)
    return weights


def _random_filters(bits: np.random.PCG64, shape: tuple[int, ...], centring: float) -> np.ndarray:
    """Filters of variance 2 / fan-in, each less `centring` times its mean, rescaled for the loss.

    Rectified values have a squared mean of 1/pi of their mean square, which is what is lost.
    """
    count, fan_in = shape[0], math.prod(shape[1:])
    raw = np.asarray(bits.random_raw(count * fan_in)).reshape(count, fan_in)
    whole = (raw >> np.uint64(40)).astype(np.int64) - (1 << 23)  # count fan_in, 24 bits, signed
    means = whole.sum(axis=1, keepdims=True) / fan_in
    lost = (2 * centring - centring**2) / math.pi
    scale = math.sqrt(3 * 2 / fan_in / (1 - lost)) / (1 << 23)  # a uniform's variance is 1/3
    return ((whole - centring * means) * scale).astype(np.float32).reshape(shape)
