"""The speed tests' own logic: not how fast anything is."""

import argparse
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import cluster_costs
import pytest
import usual_pytorch as usual
from speed_table import rounded, table
from turns import compared

from ganbench.runner.cluster.connection import Cluster
from ganbench.runner.cluster.inbox import Inbox
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


def test_bytes_on_their_way_are_counted_by_what_they_are_of(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_costs.Inbox, "take", lambda inbox, message: None)
    monkeypatch.setattr(cluster_costs.Cluster, "parts", lambda cluster, path: [path])
    (tmp_path / "pictures.npy").write_bytes(b"12345")
    inbox, cluster = Inbox(tmp_path, "0123abcd"), Cluster(None, (), "", ("h", 1))
    with cluster_costs.counted() as found:
        assert cluster.parts(tmp_path / "pictures.npy") == [tmp_path / "pictures.npy"]
        for name in ("checkpoint/a", "checkpoint/b", "record.json"):
            inbox.take({"kind": "part", "name": name, "data": b"1"})
        inbox.take({"kind": "saved"})
    assert found == {"given": 5, "checkpoint": 2, "record.json": 1}
    cluster.parts(tmp_path), inbox.take({"kind": "part", "name": "x", "data": b"1"})
    assert "x" not in found


def test_a_run_elsewhere_is_held_against_the_same_run_here():
    def times(first, last, record):
        made = cluster_costs.Times()
        made.first, made.last, made.record = first, last, record
        return made

    here, there = [times(2, 5, 6), times(3, 5, 9)], [times(4, 9, 12), times(9, 9, 11)]
    found = cluster_costs.costs(here, there, Counter(given=0, checkpoint=3_000_000, film=1_000_000))
    assert (found["home, MB"], found["checkpoint, MB"]) == (4, 3)
    assert found["later"] == {"seconds to first step": 2, "seconds to record": 1}
    assert cluster_costs.to_four({"a": {"b": 1.23456}}) == {"a": {"b": 1.235}}


def test_what_the_gpu_script_times_can_be_built_without_a_gpu():
    script = runpy.run_path(str(BENCHMARKS / "gpu.py"))
    cases = script["steps_of"](argparse.Namespace(quick=True, device="cpu"))
    for precision in ("fp32", "bf16"):
        for ours, peer in script["PEERS"].items():
            assert f"{ours} {precision}" in cases
            assert peer in cases
    assert cases["dcgan fp32"]()["D"] > 0
