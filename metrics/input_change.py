"""Input change: how far a translator's outputs lie from their own inputs; 0 is copy-the-input.

Root mean squared grey-level difference between output and input, divided by that between two
different inputs over all pairs of them. An output that has nothing to do with its input but looks
like some other one scores 1 on average. Our own, of no paper.
"""

import numpy as np

from metrics import jackknife
from metrics.errors import InputError
from metrics.pictures import blocks, check_pairs, squared_errors
from metrics.registry import Measurement, Metric
from metrics.sample import Sample


def squared_difference(inputs: np.ndarray) -> float:
    """Mean squared grey-level difference of two different pictures of uint8 N H W 3, N >= 2.

    Over all pairs i < j the sum of (x_i - x_j)^2 is N sum x^2 - (sum x)^2: one reading, in whole
    numbers. InputError for one picture.
    """
    count = len(inputs)
    if count < 2:
        raise InputError("the difference of two inputs needs at least 2 pictures, here is 1")
    sums = np.zeros(inputs.shape[1:], np.int64)
    squares = 0
    for (block,) in blocks(inputs):
        sums += block.sum(axis=0, dtype=np.int64)
        squares += int(np.sum(np.square(block, dtype=np.uint32), dtype=np.int64))
    pairs = count * (count - 1) // 2
    lines = np.sum(sums * sums, axis=(1, 2))  # summed on as Python's integers: no overflow
    return (count * squares - sum(lines.tolist())) / pairs / sums.size


def measure(generated: Sample, real: Sample) -> Measurement:
    """Change as a share of the difference of two inputs; the real pictures play no part.

    InputError when the inputs are unknown, no pairs, or all the same.
    """
    assert generated.inputs is not None
    check_pairs(generated.pixels(), generated.inputs, ("output", "input"))
    changes = squared_errors(generated.pixels(), generated.inputs)
    between = float(np.sqrt(squared_difference(generated.inputs)))
    if between == 0:
        raise InputError("all input pictures are the same: there is no difference to compare with")
    change = float(np.sqrt(changes.mean()))
    error = (jackknife.of_mean(changes) or 0.0) / (2 * change) / between if change > 0 else 0.0
    details = {"change_grey_levels": change, "between_inputs_grey_levels": between}
    return Measurement(change / between, details, error=error)


INPUT_CHANGE = Metric(
    name="input_change",
    title="Input change",
    short="input change",
    needs=("pictures", "inputs"),
    better="neither",
    unit="",
    protocol={"value": "RMS of output - input / RMS of input - other input over all pairs"},
    version=1,
    measure=measure,
    kind="translation",
    about="how far outputs lie from their inputs; near 0 is a copy, 1 as far as another input",
    jackknife=False,  # its error has a closed form
)
