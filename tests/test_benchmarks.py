"""The speed tests' own logic: not how fast anything is."""

import argparse
import runpy
from pathlib import Path
from typing import Any

import pytest
import usual_pytorch as usual
from speed_table import rounded, table
from turns import compared

from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


class Rounds:
    """Stands in for pytest-benchmark: calls without measuring."""

    def pedantic(self, target, setup, rounds):
        for _ in range(rounds):
            setup()
            target()


ROW = {"what": "a", "peer": "b", "ratio": 1.04, "least": 0.94, "most": 1.14, "bar": 1.05}


def test_a_row_says_ratio_spread_bar_and_what_was_missed():
    missed, met, promised = table([ROW, ROW | {"bar": 1.0}, ROW | {"bar": None}])[1:]
    assert missed.split() == ["a", "b", "1.04", "0.94", "1.14", "1.05", "missed"]
    assert met.split()[-1] == "1.00"
    assert promised.split()[-1] == "1.14"
    assert rounded(ROW | {"ratio": 1.23456})["ratio"] == 1.235


@pytest.mark.parametrize("model", ["dcgan", "cyclegan-unet", "cyclegan-resnet"])
def test_ours_and_the_usual_code_train_networks_of_the_same_size(model):
    kind = registry.load(registry.select(model)[0])
    trainer: Any = kind(resolve(kind.Settings, model, {}), Task(64))
    if model == "dcgan":
        theirs = usual.ExampleDCGAN()
    else:
        theirs = usual.OfficialCycleGAN(64, generator=model.removeprefix("cyclegan-"))
    networks = [part for part in vars(theirs).values() if hasattr(part, "parameters")]
    assert _kernels(networks) == _kernels(trainer.networks.values())


def _kernels(networks):
    shapes = [p.shape for network in networks for p in network.parameters() if p.dim() > 1]
    return sorted(map(tuple, shapes))


def test_two_sides_take_turns():
    job = {"framework": "pytorch", "model": "dcgan", "profile": "small", "size": 32, "steps": 2}
    found = compared(Rounds(), job | {"side": "ours"}, job | {"side": "ours"}, turns=3)
    assert 0 < found["least"] <= found["ratio"] <= found["most"]
    assert found["steps_per_second"] > 0


def test_what_the_gpu_script_times_can_be_built_without_a_gpu():
    script = runpy.run_path(str(BENCHMARKS / "gpu.py"))
    cases = script["steps_of"](argparse.Namespace(quick=True, device="cpu"))
    for precision in ("fp32", "bf16"):
        for ours, peer in script["PEERS"].items():
            assert f"{ours} {precision}" in cases
            assert peer in cases
    assert cases["dcgan fp32"]()["D"] > 0
