"""Cycle error: what a translator loses of a photograph on the way there and back.

Mean absolute difference in grey levels, 0 to 255, as in the cycle-consistency loss of CycleGAN
(Zhu et al. 2017, equation 2), there on a scale of -1 to 1.
"""

from metrics import jackknife
from metrics.pictures import absolute_errors, check_pairs
from metrics.registry import Measurement, Metric
from metrics.sample import Sample


def measure(generated: Sample, real: Sample) -> Measurement:
    """Mean over pictures; the real pictures play no part."""
    assert generated.inputs is not None and generated.back is not None
    check_pairs(generated.inputs, generated.back, ("input", "translated-back"))
    errors = absolute_errors(generated.inputs, generated.back)
    return Measurement(float(errors.mean()), error=jackknife.of_mean(errors))


CYCLE_ERROR = Metric(
    name="cycle_error",
    title="Cycle error",
    short="cycle error",
    needs=("inputs", "back"),
    better="lower",
    unit="grey levels",
    protocol={"difference": "mean absolute, grey levels 0 to 255"},
    version=1,
    measure=measure,
    kind="translation",
    about="how far a photograph changes when it is translated there and back; 0 is not at all",
    jackknife=False,  # its error has a closed form
)
