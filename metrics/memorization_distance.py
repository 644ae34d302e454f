"""How near the generated pictures come to the real ones in direction: MiFID's measure of copying.

d = mean over generated of (min over real of 1 - |cos|), after Bai et al. 2021, on any extractor's
features. MiFID divides by it below a threshold that was chosen for Inception; here it stands alone.
"""

from metrics.jackknife import of_mean
from metrics.mifid import nearest_distances
from metrics.registry import Measurement, Metric
from metrics.sample import Sample


def measure(generated: Sample, real: Sample) -> Measurement:
    """The nearest distance, 0 for copies, without a penalty rule."""
    found = nearest_distances(generated.features(), real.features())
    return Measurement(float(found.mean()) if len(found) else 1.0, error=of_mean(found))


MEMORIZATION_DISTANCE = Metric(
    name="memorization_distance",
    title="Memorization distance",
    short="memorization distance",
    needs=("pool",),
    better="neither",
    unit="",
    protocol={"nearest": "mean over generated of the minimum over real of 1 - |cos|, float64"},
    version=1,
    measure=measure,
    kind="copying",
    about="mean distance in direction to the nearest real picture; near 0 is copying, as in MiFID",
    jackknife=False,  # the error of a mean is known
)
