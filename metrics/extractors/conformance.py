"""A feature extractor tried on made-up pictures: what every one must pass."""

from collections.abc import Callable, Iterator

import numpy as np

from metrics.conformance import Answer, Place, Wrong, ask, sample
from metrics.extractors.extractor import Extractor
from metrics.extractors.registry import ExtractorSpec

CLOSE = 1e-4  # of the largest feature: a batch may be summed in another order


def run(spec: ExtractorSpec, place: Place = lambda error: "") -> Iterator[Answer]:
    """Ask every question of an extractor; a failed one has its reason, with its `place`.

    InputError when its weights are not to be had.
    """
    yield from ask(QUESTIONS, Extractor(spec), place)


def gives_features(extractor: Extractor) -> None:
    """the network gives as many finite numbers a picture as it says."""
    if not np.isfinite(_features(extractor)).all():
        raise Wrong("some are no numbers")


def sees_each_picture_alone(extractor: Extractor) -> None:
    """what it sees in a picture depends on that picture alone."""
    together = _features(extractor)
    alone = extractor.features(sample(0).pixels()[1:2]).features()[0]
    apart = float(np.abs(together[1] - alone).max())
    if apart > CLOSE * max(1.0, float(np.abs(together).max())):
        raise Wrong(f"a feature changes by {apart:.2g} with a picture's neighbours")


def repeats_itself(extractor: Extractor) -> None:
    """the same pictures give the same features."""
    if not np.array_equal(_features(extractor), _features(extractor)):
        raise Wrong("they differ")


def tells_pictures_apart(extractor: Extractor) -> None:
    """other pictures give other features."""
    first, second = _features(extractor)[:2]
    if np.array_equal(first, second):
        raise Wrong("two pictures have the same")


def _features(extractor: Extractor) -> np.ndarray:
    return extractor.features(sample(0).pixels()).features()


QUESTIONS: tuple[Callable[[Extractor], None], ...] = (
    gives_features,
    sees_each_picture_alone,
    repeats_itself,
    tells_pictures_apart,
)
