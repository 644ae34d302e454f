from dataclasses import replace
from pathlib import Path

import pytest
import torch

from metrics.extractors import conformance, registry

EXAMPLE = Path(__file__).parents[3] / "examples" / "colour_extractor.py"


def failed(forward=None, features=24):
    spec = replace(registry.get("colours", (EXAMPLE,)), features=features)
    if forward:
        network = torch.nn.Module()
        network.forward = forward
        spec = replace(spec, network=lambda weights: network)
    answers = conformance.run(spec)
    return {answer.question: answer.reason for answer in answers if not answer.good}


def test_the_example_and_one_with_weights_pass():
    assert failed() == {}
    lite = registry.get("efficientnet-lite0")
    assert all(answer.good for answer in conformance.run(lite))


@pytest.mark.parametrize(
    ("forward", "question", "reason"),
    [
        (lambda x: x.mean((2, 3)) * torch.nan, "numbers a picture", "some are no numbers"),
        (lambda x: x.mean((2, 3)) - x.mean((0, 2, 3)), "that picture alone", "neighbours"),
        (lambda x: x.mean((2, 3)) + torch.rand(3), "the same features", "they differ"),
        (lambda x: torch.ones(len(x), 3), "other features", "two pictures have the same"),
    ],
)
def test_what_a_network_does_wrong_is_told(forward, question, reason):
    told = failed(forward, 3)
    assert [why for asked, why in told.items() if question in asked and reason in why]


def test_another_width_than_was_said_is_told():
    told = failed(features=25)
    assert len(told) == 4 and all("pictures x 25 was promised" in why for why in told.values())
