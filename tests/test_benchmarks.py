"""The speed tests' own logic: not how fast anything is."""

import json
import runpy
from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import Any

import cluster_costs
import gpu_checks
import gpu_speed
import pytest
import torch
import usual_pytorch as usual
from speed_table import rounded, table
from turns import compared

from ganbench.runner.cluster.connection import Cluster
from ganbench.runner.cluster.inbox import Inbox
from ganzoo import registry
from ganzoo.pytorch.layers import norm
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
    found = compared(Rounds(), job | {"side": "ours"}, job | {"side": "ours"}, turns=2)
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


@pytest.fixture
def on_cpu(tmp_path):
    """What gpu.py's stages are told by --quick; a tape in one thread stands in for CUDA graphs."""
    threads = torch.get_num_threads()
    yield Namespace(quick=True, device="cpu", out=tmp_path, keep=lambda found: None)
    torch.set_num_threads(threads)


def test_what_is_timed_on_a_gpu_can_be_stepped_without_one(on_cpu):
    ways = *gpu_speed.WAYS, gpu_speed.ALL
    steps, failed = gpu_speed.cases(on_cpu, "dcgan", 64, ways, gpu_speed.PRECISIONS)
    assert failed == {}
    assert list(steps) == [f"{way}, {precision}" for precision in ("fp32", "bf16") for way in ways]
    peers = {name: gpu_speed.peer(on_cpu, name, 64) for name in ("dcgan", "cyclegan-resnet")}
    found = gpu_speed.timed({"captured, fp32": steps["captured, fp32"]} | peers["dcgan"], on_cpu)
    assert found["captured, fp32"]["times_peer"] > 0 and found["peer"]["times_peer"] == 1
    assert found["peer"]["least"] <= found["peer"]["median"] <= found["peer"]["most"]


def test_a_way_that_fails_leaves_the_others(on_cpu, monkeypatch):
    def case(a, name, size, way, precision):
        if way == "captured":
            raise RuntimeError("it cannot be")
        return int

    monkeypatch.setattr(gpu_speed, "case", case)
    steps, failed = gpu_speed.cases(on_cpu, "dcgan", 64, gpu_speed.WAYS, ("bf16",))
    assert list(steps) == ["eager, bf16"]
    assert failed == {"captured, bf16": {"failed": "RuntimeError: it cannot be"}}


def test_instance_norm_by_other_kernels_is_the_same_norm():
    layers = norm(Namespace(norm="instance", norm_epsilon=1e-5), 4)
    x = torch.randn(2, 4, 5, 5)
    expected = layers(x)
    gpu_speed.with_other_norm(layers)
    assert torch.allclose(layers(x), expected, atol=1e-6)


@pytest.mark.parametrize(
    "changes", [{}, {"norm": "instance", "batch": 2, "lecam": 0.1, "ema": 0.9}]
)
def test_directions_in_branches_teach_the_same(on_cpu, changes):
    trainers = [gpu_checks.built("cyclegan-unet", changes, 32, on_cpu, "small") for _ in "ab"]
    (one, of_step), (other, _) = trainers
    one.at_once = gpu_speed.Branches("cpu")
    losses = [gpu_checks.taught(trainer, of_step, 0, 8) for trainer in (one, other)]
    assert max(gpu_checks.losses_apart(*losses)[:2]) < 1e-5  # sums in another order, from then on
    assert not one.graphs.refused and one.graphs.recorded


def test_captured_steps_are_held_against_plain_ones(on_cpu, monkeypatch):
    monkeypatch.setattr(gpu_checks, "MODELS", ("dcgan",))
    monkeypatch.setattr(gpu_checks, "STEPS", 10)
    same = {"refused": "", "losses_apart": 0.0, "weights_apart": 0.0}
    assert gpu_checks.captured(on_cpu) == {"dcgan, small": same, "irreproducible": []}
    assert gpu_checks.resumed(on_cpu) == {"dcgan": same, "irreproducible": []}


def test_what_differs_is_seen(on_cpu):
    (one, of_step), (other, _) = (gpu_checks.built("dcgan", {}, 32, on_cpu, "small") for _ in "ab")
    losses = gpu_checks.taught(one, of_step, 0, 3), gpu_checks.taught(other, of_step, 0, 3)
    assert (
        gpu_checks.losses_apart(*losses) == [0.0] * 3 and gpu_checks.weights_apart(one, other) == 0
    )
    again = gpu_checks.taught(one, of_step, 3, 5), gpu_checks.taught(other, of_step, 4, 6)
    assert (
        min(gpu_checks.losses_apart(*again)) > 1e-4 and gpu_checks.weights_apart(one, other) > 1e-4
    )


def test_a_stage_that_fails_or_takes_too_long_says_so(tmp_path, monkeypatch):
    script = runpy.run_path(str(BENCHMARKS / "gpu.py"))
    found = {"about": {"found": {"card": "NVIDIA GeForce RTX 4090"}}}
    assert script["card"](found) == "rtx-4090" and script["card"]({}) == "unknown"
    assert script["rounded"]({"a": [1.23456, 7, "x"]}) == {"a": [1.235, 7, "x"]}
    monkeypatch.setitem(script["STAGES"], "kernels", (lambda a: 1 / 0, 1))
    script["one"](Namespace(stage="kernels", out=tmp_path))
    assert "ZeroDivisionError" in json.loads((tmp_path / "kernels.json").read_text())["failed"]
    monkeypatch.setitem(script["STAGES"], "kernels", (lambda a: a.keep({"a": 1}) or 1 / 0, 1))
    script["one"](Namespace(stage="kernels", out=tmp_path))
    assert json.loads((tmp_path / "kernels.json").read_text())["a"] == 1
    (tmp_path / "kernels.json").unlink()
    monkeypatch.setattr("sys.argv", ["gpu.py", str(tmp_path), "--quick"])
    late = script["apart"](Namespace(out=tmp_path), "kernels")
    assert (late["found"], late["said"]) == (None, "it took too long")


def test_the_eight_minutes_are_eight():
    script = runpy.run_path(str(BENCHMARKS / "gpu.py"))
    assert sum(script["STAGES"][name][1] for name in script["USUAL"]) <= 480
