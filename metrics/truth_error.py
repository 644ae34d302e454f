"""Truth error: how far outputs lie from the pictures they should have become, where known.

Mean absolute difference in grey levels, 0 to 255: the L1 term of pix2pix (Isola et al. 2017,
equation 3) as a measure.
"""

import numpy as np

from metrics import jackknife
from metrics.pictures import absolute_errors, check_pairs, squared_errors
from metrics.registry import Measurement, Metric
from metrics.sample import Sample


def measure(generated: Sample, real: Sample) -> Measurement:
    """Mean over pictures, and the root mean squared error; the real pictures play no part."""
    pictures, truth = generated.pixels(), generated.truth
    assert truth is not None
    check_pairs(pictures, truth, ("output", "true"))
    errors = absolute_errors(pictures, truth)
    details = {"root_mean_squared": float(np.sqrt(squared_errors(pictures, truth).mean()))}
    return Measurement(float(errors.mean()), details, error=jackknife.of_mean(errors))


TRUTH_ERROR = Metric(
    name="truth_error",
    title="Truth error",
    short="truth error",
    needs=("pictures", "truth"),
    better="lower",
    unit="grey levels",
    protocol={"difference": "mean absolute, grey levels 0 to 255"},
    version=1,
    measure=measure,
    kind="translation",
    about="how far outputs lie from the true pictures, where they are known; 0 is perfect",
    jackknife=False,  # its error has a closed form
)
