"""A metric tried on made-up pictures: what every metric, built in or plugin, must pass."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metrics.errors import InputError
from metrics.registry import Measurement, Metric
from metrics.sample import Sample

COUNT, SIDE, FEATURES, CLASSES = 24, 32, 8, 10
Place = Callable[[BaseException], str]  # of an error in somebody's file; empty elsewhere


@dataclass(frozen=True)
class Answer:
    """One question and how the metric did; of a good answer the reason is what to think about."""

    question: str
    good: bool
    reason: str = ""


def run(metric: Metric, place: Place = lambda error: "") -> Iterator[Answer]:
    """Ask every question of `metric`; a failed one has its reason, with the `place` it arose at."""
    yield from ask(QUESTIONS, metric, place)
    if doubt := _doubt(metric):
        yield Answer("better is better", True, doubt)


def ask(questions: Sequence[Callable[[Any], None]], of: Any, place: Place) -> Iterator[Answer]:
    """Each question, which raises what is wrong, of a metric or an extractor."""
    for question in questions:
        words = (question.__doc__ or question.__name__).rstrip(".")
        try:
            question(of)
        except (Exception, SystemExit) as error:
            said = str(error) if isinstance(error, Wrong) else f"{type(error).__name__}: {error}"
            at = place(error)
            yield Answer(words, False, f"{at}: {said}" if at else said)
        else:
            yield Answer(words, True)


class Wrong(AssertionError):
    """What a metric did and should not have done."""


def sample(seed: int, count: int = COUNT) -> Sample:
    """Made-up pictures with all that can be known of them; no array of it can be written to."""
    random = np.random.default_rng(seed)

    def pictures() -> np.ndarray:
        coarse = random.integers(0, 256, (count, 4, 4, 3))
        return np.kron(coarse, np.ones((1, SIDE // 4, SIDE // 4, 1))).astype(np.uint8)

    made = Sample(
        pool=random.standard_normal((count, FEATURES), dtype=np.float32) + seed,
        logits=random.standard_normal((count, CLASSES), dtype=np.float32),
        pictures=pictures(),
        inputs=pictures(),
        truth=pictures(),
        back=pictures(),
    )
    for _, array in made.known():
        array.setflags(write=False)
    return made


def gives_a_number(metric: Metric) -> None:
    """measure returns a Measurement, with a number or a note why there is none."""
    measured = metric.measure(sample(0), sample(1))
    if not isinstance(measured, Measurement):
        raise Wrong(f"it returned a {type(measured).__name__}")
    for what, value in {"value": measured.value, "error": measured.error}.items():
        if not isinstance(value, int | float | np.number | None) or isinstance(value, bool):
            raise Wrong(f"its {what} is a {type(value).__name__}")
    if not math.isfinite(measured.value) and not measured.note:
        raise Wrong(f"it is {measured.value}, and no note says why")


def repeats_itself(metric: Metric) -> None:
    """the same pictures give the same number."""
    first, second = (metric.measure(sample(0), sample(1)).value for _ in range(2))
    if first != second and not math.isnan(first):
        raise Wrong(f"{first} the first time, {second} the second")


def few_are_measured_or_refused(metric: Metric) -> None:
    """one picture, two and three are measured, or refused in a sentence (metrics.errors)."""
    for count in (1, 2, 3):
        try:
            metric.measure(sample(0, count), sample(1, count))
        except InputError:
            continue


def looks_where_it_says(metric: Metric) -> None:
    """it looks at nothing but what it needs."""
    given = {name: array for name, array in sample(0).known() if name in metric.needs}
    metric.measure(replace(Sample(), **given), sample(1))


def _doubt(metric: Metric) -> str:
    """What a distance says of the real pictures themselves, where it is worse than of others."""
    if metric.kind != "distance" or metric.better == "neither":
        return ""
    real = sample(1)
    try:
        itself, other = metric.measure(real, real).value, metric.measure(sample(0), real).value
    except (Exception, SystemExit):  # of which the answers tell
        return ""
    worse = itself > other if metric.better == "lower" else itself < other
    if not worse:
        return ""
    return (
        f"better is {metric.better}, and the real pictures themselves have {itself:.3g}, others"
        f" {other:.3g}"
    )


QUESTIONS: tuple[Callable[[Metric], None], ...] = (
    gives_a_number,
    repeats_itself,
    few_are_measured_or_refused,
    looks_where_it_says,
)
