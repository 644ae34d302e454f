"""One rank's half of test_ranks.py.

python rank.py RANK COUNT STORE OUT.json, in a process of its own; they meet through STORE.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ganbench.system.process_group import ProcessGroup
from ganzoo import registry
from ganzoo.pytorch.ranks import Ranks
from ganzoo.pytorch.restraint import r1
from ganzoo.pytorch.sync_batch_norm import synchronise
from ganzoo.settings import resolve
from ganzoo.trainer import Task

STEPS = 20
NARROW = {"width": 4, "d_width": 4, "d_layers": 2}
# The first maps of so narrow networks hardly vary. Divided by that, rounding grows tenfold a step,
# in one process too if it is shown the pictures of a batch in another order.
CALM = {"norm_epsilon": 0.1}
HELPED = {"lecam": 0.1, "r1_gamma": 1.0, "d_steps": 2, "augment": ("color", "translation")}
# model, settings, synchronised?, in float64?, steps
CASES = {
    "dcgan": ("dcgan", {"width": 4, "latent": 8, "batch": 4}, True, False, STEPS),
    "dcgan with all that helps": (
        "dcgan",
        {
            **{"width": 4, "latent": 8, "batch": 4, "minibatch_std": True, "dense_start": True},
            **{"spectral_norm": True, "enlarge": ("flip", "crop"), "ema": 0.9, "loss": "hinge"},
            **HELPED,
        },
        *(True, False, STEPS),
    ),
    "cyclegan-unet": (
        "cyclegan-unet", NARROW | CALM | {"batch": 4, "history": 6}, True, False, STEPS,
    ),
    "cyclegan-resnet": (
        "cyclegan-resnet", NARROW | CALM | {"batch": 4, "blocks": 1, "history": 6},
        *(False, False, STEPS),
    ),
    "cyclegan-resnet in float64": (
        "cyclegan-resnet",
        NARROW | {"batch": 2, "blocks": 1, "history": 3, "update": "together"} | HELPED,
        *(False, True, 16),  # R1 is met in the last
    ),
    "one picture a rank": (
        "cyclegan-unet",
        NARROW | {"batch": 2, "history": 3, "skips": "leaky", "bottleneck_norm": True},
        *(True, True, 6),
    ),
    "not synchronised": ("dcgan", {"width": 4, "latent": 8, "batch": 4}, False, True, 4),
}  # fmt: skip


def answers(rank=0, count=1):
    """All that is asked, as JSON has it."""
    torch.set_num_threads(1)
    found = {name: taught(rank, count, *case) for name, case in CASES.items()}
    return found | {"norm": normalised(Ranks(rank, count)), "parts": cut(Ranks(rank, count))}


def taught(rank, count, model, changes, synchronised, double, steps):
    """Losses of every step, and what the weights have become."""
    kind: Any = registry.load(registry.select(model)[0])
    trainer = kind(resolve(kind.Settings, model, changes), Task(32))
    if double:
        trainer.double()
    if count > 1:
        trainer.join(rank, count, synchronised)
    random = np.random.default_rng(0)
    shape = (trainer.settings.batch, 32, 32, 3)
    losses = []
    for _ in range(steps):
        source, target = (random.integers(0, 256, shape, dtype=np.uint8) for _ in range(2))
        if kind.source == "noise":
            source = random.standard_normal((shape[0], 8), dtype=np.float32)
        losses.append({k: float(v) for k, v in trainer.step(source, target).items()})
    kept = trainer.memory()
    history = [float(kept[name].double().sum()) for name in sorted(kept) if "history" in name]
    return {"losses": losses, "digest": trainer.digest().hex(), "history": history}


def normalised(ranks):
    """Batch norm, its gradients and R1's through it, of 6 pictures in float64."""
    random = torch.Generator().manual_seed(0)
    x = torch.randn(6, 3, 4, 4, generator=random, dtype=torch.float64) * 3 + 5
    wanted = torch.randn(6, 3, 4, 4, generator=random, dtype=torch.float64)
    network = nn.Sequential(nn.BatchNorm2d(3, momentum=0.1), nn.Tanh()).double()
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
    if ranks.count > 1:
        synchronise(network, ranks)
    mine = ranks.part(x).requires_grad_(True)
    made = network(mine)
    loss = (made - ranks.part(wanted)).square().mean() + 0.1 * r1(network, ranks.part(x))
    loss.backward()
    ranks.average(network)
    norm = network[0]
    # A picture's gradient is of the mean over this rank's pictures: count times the batch's.
    told = {"picture": ranks.whole(mine.grad) / ranks.count, "made": ranks.whole(made)}
    told |= {"weight": norm.weight.grad, "bias": norm.bias.grad}
    told |= {"mean": norm.running_mean, "variance": norm.running_var}
    told |= {"loss": ranks.means({"loss": loss})["loss"], "seen": norm.num_batches_tracked}
    network.eval()
    told["drawn"] = network(x)
    return {name: value.detach().flatten().tolist() for name, value in told.items()}


def cut(ranks):
    """Parts of an array along two axes, and all parts together again."""
    whole = np.arange(8).reshape(2, 4)
    part = torch.from_numpy(ranks.part(whole, 1).T.copy())
    return [ranks.part(whole).tolist(), ranks.part(whole, 1).tolist(), ranks.whole(part).tolist()]


if __name__ == "__main__":
    place, of, store, out = sys.argv[1:]
    group = ProcessGroup(Path(store), int(place), int(of), "cpu")
    found = answers(int(place), int(of))
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    group.leave()
