"""Two ranks, two processes that talk by gloo, teach what one process teaches (rank.py)."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ganzoo import registry
from ganzoo.errors import InputError
from ganzoo.settings import resolve

SCRIPT = Path(__file__).with_name("rank.py")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What each of two ranks answers."""
    folder = tmp_path_factory.mktemp("ranks")
    places = {"PYTHONPATH": str(SCRIPT.parents[2]), "OMP_NUM_THREADS": "1"}
    ranks = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(rank), "2", folder / "store", folder / f"{rank}"],
            env={**os.environ, **places},
        )
        for rank in (0, 1)
    ]
    assert [rank.wait(300) for rank in ranks] == [0, 0]
    return [json.loads((folder / f"{rank}").read_text()) for rank in (0, 1)]


@pytest.fixture(scope="module")
def one():
    """What one process answers, of which all pictures are."""
    import torch

    threads = torch.get_num_threads()
    yield json.loads(json.dumps(runpy.run_path(str(SCRIPT))["answers"]()))
    torch.set_num_threads(threads)


def largest_difference(one, two):
    return max(
        abs(a[name] - b[name])
        for a, b in zip(one["losses"], two["losses"], strict=True)
        for name in a
    )


@pytest.mark.parametrize(
    ("case", "steps", "most"),
    [
        ("dcgan", 20, 1e-5),
        ("dcgan with all that helps", 20, 1e-5),
        ("cyclegan-unet", 20, 1e-5),
        ("cyclegan-resnet", 20, 1e-5),
        ("cyclegan-resnet in float64", 16, 1e-9),
        ("one picture a rank", 6, 1e-9),
    ],
)
def test_losses_are_those_of_one_process(one, two, case, steps, most):
    alone, (first, _) = one[case], [rank[case] for rank in two]
    assert len(alone["losses"]) == steps
    assert alone["losses"][0] != alone["losses"][-1]
    assert largest_difference(alone, first) <= most


def test_all_ranks_hold_the_same_weights_losses_and_history(two):
    first, second = two
    cases = [case for case in first if case not in ("norm", "parts")]
    assert len(cases) == 7
    for case in cases:
        assert first[case] == second[case], case
    assert len(first["cyclegan-unet"]["history"]) == 2


def test_the_history_is_that_of_one_process(one, two):
    case = "cyclegan-resnet in float64"
    assert two[1][case]["history"] == pytest.approx(one[case]["history"], abs=1e-6)


def test_batch_norm_by_rank_is_another_model(one, two):
    """So that it is a choice, and part of a run's key."""
    assert largest_difference(one["not synchronised"], two[0]["not synchronised"]) > 1e-3


def test_synchronised_batch_norm_and_its_gradients_are_torchs_own(one, two):
    names = ("picture", "made", "weight", "bias", "mean", "variance", "loss", "seen", "drawn")
    assert tuple(one["norm"]) == names
    for name in names:
        assert two[0]["norm"][name] == pytest.approx(one["norm"][name], rel=1e-12, abs=1e-14), name


def test_a_batch_is_cut_in_order_and_put_together_again(two):
    first, second = (rank["parts"] for rank in two)
    assert first[:2] == [[[0, 1, 2, 3]], [[0, 1], [4, 5]]]
    assert second[:2] == [[[4, 5, 6, 7]], [[2, 3], [6, 7]]]
    assert first[2] == second[2] == [[0, 4], [1, 5], [2, 6], [3, 7]]


@pytest.mark.parametrize(
    ("model", "changes", "synchronised", "words", "hint"),
    [
        ("cyclegan-resnet", {}, False, "batch=1 cannot be cut into 2 equal parts", "batch=2"),
        ("dcgan", {"batch": 5}, True, "batch=5 cannot be cut into 2 equal parts", "batch=6"),
        ("dcgan", {"dropout": 0.5}, True, "dropout=0.5 draws in each process", "dropout=0"),
        ("dcgan", {"dense_start": True, "batch": 2}, False, "each of 2 ranks one", "batch=4"),
    ],
)
def test_what_ranks_cannot_train_is_one_sentence(model, changes, synchronised, words, hint):
    kind: Any = registry.load(registry.select(model)[0])
    settings = resolve(kind.Settings, model, changes)
    with pytest.raises(InputError, match=words) as error:
        kind.check_ranks(settings, 2, synchronised)
    assert hint in error.value.hint


def test_what_ranks_can_train_is_let_through():
    kind: Any = registry.load(registry.select("dcgan")[0])
    kind.check_ranks(resolve(kind.Settings, "dcgan", {"dense_start": True, "batch": 2}), 2, True)
    assert kind.has_batch_norm(resolve(kind.Settings, "dcgan", {}))
    resnet: Any = registry.load(registry.select("cyclegan-resnet")[0])
    assert not resnet.has_batch_norm(resolve(resnet.Settings, "cyclegan-resnet", {}))
