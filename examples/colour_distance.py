"""A complete metric plugin: how far the mean colour of the samples lies from the real pictures'.

ganbench run --plugin examples/colour_distance.py --metrics all
ganbench score FAKE REAL --plugin examples/colour_distance.py --metrics colour_distance
"""

import numpy as np

from metrics.registry import Measurement, Metric
from metrics.sample import Sample


def mean_colour(pictures: np.ndarray) -> np.ndarray:
    """Mean red, green, blue of uint8 N H W 3, in grey levels; a picture at a time."""
    return np.mean([picture.mean(axis=(0, 1)) for picture in pictures], axis=0)


def measure(generated: Sample, real: Sample) -> Measurement:
    """Euclidean distance of the two mean colours."""
    step = mean_colour(generated.pixels()) - mean_colour(real.pixels())
    return Measurement(float(np.linalg.norm(step)), dict(zip("rgb", step.tolist(), strict=True)))


METRIC = Metric(
    name="colour_distance",
    title="colour distance",
    short="colour distance",
    needs=("pictures",),
    better="lower",
    unit="grey levels",
    protocol={"colour": "mean RGB"},
    version=1,
    measure=measure,
    about="how far the mean colour of the samples lies from the real pictures'",
)
