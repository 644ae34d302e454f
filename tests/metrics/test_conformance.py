"""Metrics that a check must refuse, for the one thing that is wrong in each, or must let pass."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from metrics import conformance, registry
from metrics.registry import Measurement

MESH = registry.get("mesh")  # looks at pictures alone


def failed(metric, place=lambda error: ""):
    answers = conformance.run(metric, place)
    return {answer.question.split()[0]: answer.reason for answer in answers if not answer.good}


@pytest.mark.parametrize("name", registry.names())
def test_every_metric_passes(name):
    assert failed(registry.get(name)) == {}


def measuring(measure, **more):
    return failed(replace(MESH, measure=measure, kind="quality", **more))


def test_what_is_no_number_is_told():
    assert measuring(lambda made, real: 1.0)["measure"] == "it returned a float"
    nan = lambda made, real: Measurement(float("nan"))  # noqa: E731
    assert measuring(nan) == {"measure": "it is nan, and no note says why"}
    assert measuring(lambda made, real: Measurement(float("nan"), note="too few")) == {}
    assert measuring(lambda made, real: Measurement(1.0, error="2"))["measure"].endswith("a str")


def test_what_differs_from_call_to_call_is_told():
    numbers = count()
    told = measuring(lambda made, real: Measurement(float(next(numbers))))
    assert told == {"the": "1.0 the first time, 2.0 the second"}


def test_what_few_pictures_break_is_told_with_its_line():
    told = failed(replace(MESH, measure=of_many), lambda error: f"at {type(error).__name__}")
    assert set(told) == {"one"} and told["one"].startswith("at IndexError: IndexError: ")


def of_many(made, real):
    return Measurement(float(made.pixels()[3].mean()))


def test_what_it_has_not_asked_for_is_not_there():
    told = measuring(lambda made, real: Measurement(float(made.features().mean())))
    assert set(told) == {"it"} and "features of one side are not known" in told["it"]


def test_pictures_that_it_writes_to_are_not_its_own():
    def write(made, real):
        made.pixels()[0] = 0
        return Measurement(1.0)

    assert "read-only" in measuring(write)["measure"]


@pytest.mark.parametrize(("better", "doubts"), [("lower", 0), ("higher", 1)])
def test_a_distance_whose_better_is_the_wrong_way_is_doubted(better, doubts):
    def distance(made, real):
        return Measurement(float(np.abs(made.features().mean(0) - real.features().mean(0)).sum()))

    metric = replace(MESH, measure=distance, kind="distance", better=better, needs=("pool",))
    answers = list(conformance.run(metric))
    assert all(answer.good for answer in answers)
    said = [answer.reason for answer in answers if answer.reason]
    assert len(said) == doubts and all("themselves have 0, others" in one for one in said)
