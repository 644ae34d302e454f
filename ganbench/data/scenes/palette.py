"""Impressionist palettes: what a painter makes of the colours that a camera sees."""

import numpy as np

from ganbench.data.scenes.noise import Floats

# shadow, middle and light, as on a screen; a picture keeps a part of its own colours
PALETTES = (
    ((0.22, 0.22, 0.48), (0.45, 0.55, 0.50), (0.98, 0.92, 0.74)),  # Giverny, violet and green
    ((0.30, 0.24, 0.46), (0.72, 0.52, 0.58), (1.00, 0.88, 0.72)),  # rose of the morning
    ((0.12, 0.24, 0.46), (0.36, 0.56, 0.68), (0.90, 0.94, 0.86)),  # blue water
    ((0.30, 0.20, 0.30), (0.72, 0.54, 0.30), (1.00, 0.90, 0.58)),  # stacks in the sun
    ((0.12, 0.22, 0.26), (0.34, 0.50, 0.30), (0.92, 0.90, 0.66)),  # meadow
    ((0.26, 0.28, 0.46), (0.60, 0.62, 0.74), (0.97, 0.94, 0.92)),  # lilac snow
    ((0.14, 0.18, 0.36), (0.36, 0.48, 0.58), (0.98, 0.76, 0.48)),  # dawn over a harbour
)


def regrade(picture: Floats, draw: np.random.Generator) -> Floats:
    """Lighter, more colourful, shadows towards violet and lights towards cream; 3 H W."""
    table = np.array(PALETTES[int(draw.integers(len(PALETTES)))], np.float32)
    table = table + draw.normal(0, 0.025, table.shape).astype(np.float32)
    grey = np.float32(0.3) * picture[0] + np.float32(0.59) * picture[1] + 0.11 * picture[2]
    low, high = np.percentile(grey[::4, ::4], (2, 98))
    tone = np.clip((grey - np.float32(low)) * np.float32(1 / max(high - low, 0.15)), 0, 1)
    share = float(draw.uniform(0.35, 0.7))
    own = picture - grey
    vivid = own * np.float32(draw.uniform(1.2, 1.9)) * (1 - np.minimum(np.abs(own).max(0), 0.5))
    key = 0.2 + 0.74 * tone
    shadow, middle, bright = table.reshape(3, 3, 1, 1)
    shades = shadow + np.minimum(2 * tone, 1) * (middle - shadow)
    shades += np.maximum(2 * tone - 1, 0) * (bright - middle)
    mixed = np.float32(share) * shades + (np.float32(1 - share) * key + vivid)
    return np.clip(mixed, 0.03, 1).astype(np.float32)
