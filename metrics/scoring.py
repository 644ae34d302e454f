"""Two samples in, every wanted number out, each under the name it may carry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from metrics import jackknife
from metrics.errors import InputError
from metrics.registry import Measurement, Metric, NamedExtractor
from metrics.sample import Sample

MISSING = float("nan")
FAILED = "it failed: "  # how the note begins of a metric that raised an error
WHY_MISSING = {
    "inputs": "these pictures were not made from others",
    "truth": "what these pictures should have become is not known",
    "back": "these pictures were not translated back",
    "logits": "no class scores were kept",
}


@dataclass(frozen=True)
class Result:
    """A metric's number for one sample against another. `value` None: missing, `note` says why."""

    metric: Metric
    key: str  # in records: "fid", or "random_inception_fd" without the official weights
    title: str  # for people
    value: float | None
    error: float | None  # standard error over generated pictures
    details: Mapping[str, float]
    note: str
    count: int  # generated pictures
    reference_count: int
    protocol: Mapping[str, Any]


class Extractor(NamedExtractor, Protocol):
    """An extractor as far as scoring must know it."""

    def protocol(self) -> dict[str, Any]:
        """What two numbers on its features must share to be comparable."""


E = TypeVar("E", bound=Extractor)


def needs(metrics: Iterable[Metric]) -> set[str]:
    """Fields of Sample that these metrics look at."""
    return {field for metric in metrics for field in metric.needs}


def shared_out(
    metrics: Iterable[Metric], extractors: Sequence[E]
) -> list[tuple[E | None, list[Metric]]]:
    """What is measured through each extractor: all through the first, distances through others.

    A metric for the official features goes to the extractor that has them, wherever it stands. With
    no metric that sees features there is one share without an extractor.
    """
    metrics = list(metrics)
    if not any(metric.sees_features for metric in metrics):
        return [(None, metrics)]
    official = next((e for e in extractors if e.official), extractors[0])
    shares: list[tuple[E | None, list[Metric]]] = []
    for extractor in extractors:
        leads = extractor is extractors[0]
        mine = [
            m for m in metrics
            if (extractor is official if m.official_only
                else leads or (m.sees_features and m.kind == "distance"))
        ]  # fmt: skip
        shares.append((extractor, mine))
    return shares


def score(
    generated: Sample,
    real: Sample,
    metrics: Iterable[Metric],
    extractor: Extractor | None = None,
    errors: bool = True,
) -> dict[str, Result]:
    """Every metric of `generated` against `real` by its key; `errors` asks for standard errors.

    One metric that fails costs the others nothing: its value is missing, its note says why.
    """
    results = {}
    for metric in distinct(metrics):
        key, title = metric.called(extractor)
        measured = measure(metric, generated, real, extractor, errors)
        results[key] = Result(
            metric=metric,
            key=key,
            title=title,
            value=measured.value if np.isfinite(measured.value) else None,
            error=measured.error,
            details=measured.details,
            note=measured.note,
            count=len(generated),
            reference_count=len(real),
            protocol=protocol(metric, extractor),
        )
    return results


def distinct(metrics: Iterable[Metric]) -> list[Metric]:
    """The metrics; InputError if two of them would write their numbers under one key."""
    taken: dict[str, Metric] = {}
    for metric in (metrics := list(metrics)):
        for key in {metric.name, metric.key_on("EXTRACTOR")}:
            other = taken.setdefault(key, metric)
            if other is not metric:
                raise InputError(
                    f'the metrics {other.name} and {metric.name} both call their number "{key}"'
                )
    return metrics


def protocol(metric: Metric, extractor: Extractor | None) -> dict[str, Any]:
    """What two numbers of this metric must share to be comparable."""
    seen = extractor.protocol() if extractor and metric.sees_features else {}
    return {**seen, **metric.protocol}


def measure(
    metric: Metric,
    generated: Sample,
    real: Sample,
    extractor: NamedExtractor | None = None,
    errors: bool = True,
) -> Measurement:
    """The number with its error; NaN with the reason as its note where there is none."""
    reason = _why_not(metric, generated, real, extractor)
    if reason:
        return Measurement(MISSING, {}, reason)
    try:
        measured = _measured(metric, generated, real)
        few = len(generated) * len(real) <= jackknife.MOST_PAIRS
        if errors and few and metric.jackknife and measured.error is None:
            return _with_error(metric, measured, generated, real)
        return measured
    except (InputError, np.linalg.LinAlgError) as error:
        return Measurement(MISSING, {}, str(error))
    except (Exception, SystemExit) as error:  # a plugin can fail in any way
        return Measurement(MISSING, {}, f"{FAILED}{type(error).__name__}: {error}")


def _measured(metric: Metric, generated: Sample, real: Sample) -> Measurement:
    measured = metric.measure(generated, real)
    if not isinstance(measured, Measurement):
        raise TypeError(f"measure returned a {type(measured).__name__}, not a Measurement")
    if not np.isfinite(measured.value) and not measured.note:
        return Measurement(MISSING, measured.details, f"its formula gave {measured.value}")
    return measured


def _why_not(
    metric: Metric, generated: Sample, real: Sample, extractor: NamedExtractor | None
) -> str:
    if metric.official_only and extractor is not None and not extractor.official:
        return f"{metric.title} is defined on the official Inception features only"
    for field in metric.needs:
        if getattr(generated, field, None) is None:
            return WHY_MISSING.get(field, f"{field} of the generated pictures are missing")
    if real.moments and not real.known() and not metric.from_moments:
        return "of the real pictures only the mean and covariance of their features are known"
    return ""


def _with_error(
    metric: Metric, measured: Measurement, generated: Sample, real: Sample
) -> Measurement:
    known = Sample(**{name: array for name, array in generated.known() if name in metric.needs})
    try:
        if metric.error:
            error = metric.error(generated, real)
        else:
            error = jackknife.standard_error(
                lambda rows: metric.measure(known[rows], real).value, len(generated)
            )
    except (Exception, SystemExit):  # with some pictures left out there may be no number
        error = None
    return Measurement(measured.value, measured.details, measured.note, error)
