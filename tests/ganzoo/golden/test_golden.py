"""The first losses of every built-in model are those in the .csv files beside this one.

Float64 repeats them to 1e-6 on any processor: AVX-512, AVX2 and SSE were at most 2e-9 apart after
20 steps. The weights are drawn in float64 for that, too: in float32 the tails of numpy's draws have
the last digits of the C library's logarithm, and two releases of glibc ended 0.2 of a loss apart.
Training in float32 repeats step 1 alone (measured: 2e-7 in both frameworks); then it amplifies
rounding, and a part in ten million in the weights is a third of a loss after 20 steps.

When a model is meant to change, write them anew and look at the difference:

    GANBENCH_WRITE_GOLDEN=1 pytest tests/ganzoo/golden
"""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from ganbench.system import files
from ganzoo import draws, registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

STEPS, SIZE = 20, 32
EXACT = 1e-6  # relative, of each loss
SINGLE = 2e-6  # of the first step in float32: other processors sum in another order
HEAD = """\
# Losses of {case}: small profile and what the case changes, {size} px, seed 0, PyTorch in\
 float64 on a CPU.
# Made with torch {torch} and numpy {numpy}. How to make them anew stands in test_golden.py.
"""


@dataclass(frozen=True)
class Case:
    """A model with what is changed on its small profile."""

    model: str
    changes: tuple[tuple[str, Any], ...] = ()


def _case(model: str, **changes: Any) -> Case:
    return Case(model, tuple(changes.items()))


# The small profile of version 0.1: the paper's losses, transposed convolutions, nothing residual.
OLD = {
    **{"residual": False, "upsample": "transposed", "lambda_cycle": 10.0, "lambda_identity": 5.0},
    **{"d_width": 16, "ema": 0.0, "canvas": 0, "d_norm": "same"},
}
_OLD_RATES = {"learning_rate_g": 2e-3, "learning_rate_d": 5e-4}
OLD_DCGAN = {
    **{"upsample": "transposed", "loss": "bce", "spectral_norm": False},
    **{"ema": 0.0, "augment": (), "decay_from": 1.0},
}
OLD_UNET, OLD_RESNET = OLD, OLD | _OLD_RATES
CASES = {
    "dcgan": _case("dcgan", **OLD_DCGAN),
    "cyclegan-unet": _case("cyclegan-unet", **OLD_UNET),
    "cyclegan-resnet": _case("cyclegan-resnet", **OLD_RESNET),
    "dcgan-small": _case("dcgan"),
    "cyclegan-unet-small": _case("cyclegan-unet"),
    "cyclegan-resnet-small": _case("cyclegan-resnet"),
    "dcgan-augmented": _case(
        "dcgan", **OLD_DCGAN | {"augment": "color-translation-cutout", "real_label": 0.9}
    ),
    "cyclegan-unet-recipe": _case(
        "cyclegan-unet", **OLD_UNET, loss="bce", update="together", history=0
    ),
    "cyclegan-resnet-history": _case(
        "cyclegan-resnet",
        **OLD_RESNET | {"width": 4, "d_width": 4, "blocks": 1, "batch": 2, "history": 3},
    ),
}
USUAL = ("dcgan", "cyclegan-unet", "cyclegan-resnet")
TRIED = "cyclegan-resnet-history"  # by the mutations; its history is full after two steps
SOON = 5  # steps after which each mutation shows
QUICK = (*USUAL, "dcgan-small", "cyclegan-unet-small", "cyclegan-resnet-small")
SLOW = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CASES]


def lessons(
    case: Case, framework: str = "pytorch", double: bool = False, **mutation: Any
) -> Iterator[dict[str, float]]:
    """Teach a fresh trainer as a run of 20 steps would, seed 0; the losses of each step."""
    (model,) = registry.select(case.model, framework=framework)
    kind: Any = registry.load(model)
    settings = resolve(kind.Settings, case.model, dict(case.changes), profile="small")
    settings = replace(settings, **mutation)
    settings.check(SIZE)
    with patch.object(draws, "normal", normal):
        trainer = kind(settings, Task(SIZE, seed=0))
    if double:
        trainer.double()
    for step in range(STEPS):
        getattr(trainer, "schedule", lambda progress: None)(step / STEPS)
        source, target = batch(settings, kind.source, step)
        yield {name: float(loss) for name, loss in trainer.step(source, target).items()}


def normal(
    random: np.random.Generator, mean: float, std: float, shape: Sequence[int]
) -> np.ndarray:
    """As `draws.normal`, with the same bits from every C library."""
    return mean + np.float32(std) * random.standard_normal(tuple(shape)).astype(np.float32)


def batch(settings: Any, source: str, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise or coarse pictures, and coarse pictures."""
    photographs, paintings = (
        np.random.default_rng([step, side]).integers(0, 256, (settings.batch, 4, 4, 3))
        for side in range(2)
    )
    finer = np.ones((1, SIZE // 4, SIZE // 4, 1), int)
    target = np.kron(paintings, finer).astype(np.uint8)
    if source == "noise":
        random = np.random.default_rng([step, 2])
        return random.standard_normal((settings.batch, settings.latent), np.float32), target
    return np.kron(photographs, finer).astype(np.uint8), target


def golden(name: str) -> list[dict[str, float]]:
    """Read what is in the repository."""
    lines = place(name).read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return [{k: float(v) for k, v in row.items() if k != "step"} for row in rows]


def write(name: str, losses: list[dict[str, float]]) -> None:
    """Put losses into the repository."""
    versions = {package: version(package) for package in ("torch", "numpy")}
    rows = [",".join(("step", *losses[0]))]
    rows += [
        ",".join((str(i), *(f"{v:.10g}" for v in r.values()))) for i, r in enumerate(losses, 1)
    ]
    head = HEAD.format(case=name, size=SIZE, **versions)
    files.write_text(place(name), head + "\n".join(rows) + "\n")


def place(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.csv")


def apart(losses: list[dict[str, float]], known: list[dict[str, float]]) -> float:
    """Largest relative difference of any loss of any step."""
    assert losses and all(a.keys() == b.keys() for a, b in zip(losses, known, strict=True))
    pairs = [(a[k], b[k]) for a, b in zip(losses, known, strict=True) for k in a]
    return max(abs(a - b) / (abs(b) or 1.0) for a, b in pairs)  # cycles may begin at 0


@pytest.mark.parametrize("name", SLOW)
def test_the_first_twenty_losses_are_those_in_the_repository(name):
    losses = list(lessons(CASES[name], double=True))
    if os.environ.get("GANBENCH_WRITE_GOLDEN"):
        write(name, losses)
    known = golden(name)
    assert len(known) == STEPS and {len(row) for row in known} <= {2, 5}
    assert apart(losses, known) <= EXACT


@pytest.mark.parametrize("name", CASES)
def test_the_first_step_in_single_precision_is_that_in_the_repository(name):
    assert apart([next(lessons(CASES[name]))], golden(name)[:1]) <= SINGLE


def test_every_built_in_model_has_golden_losses():
    there = {path.stem for path in Path(__file__).parent.glob("*.csv")}
    assert there == set(CASES) and {model.name for model in registry.BUILT_IN} == set(USUAL)


def soon(**mutation: Any) -> float:
    """How far a mutation is from the repository after a few steps."""
    taught = lessons(CASES[TRIED], double=True, **mutation)
    return apart([next(taught) for _ in range(SOON)], golden(TRIED)[:SOON])


@pytest.mark.parametrize(
    "mutation",
    [
        {"beta1": 0.5001},
        {"beta2": 0.9991},
        {"adam_epsilon": 1e-7},
        {"norm_epsilon": 1.1e-5},
        {"slope": 0.2001},
        {"init_std": 0.020001},
        {"lambda_cycle": 10.001},
        {"lambda_identity": 5.001},
        {"learning_rate_d": 5.001e-4},
        {"history": 4},
    ],
    ids=str,
)
def test_a_slightly_changed_setting_is_noticed(mutation):
    assert soon(**mutation) > 10 * EXACT


def test_one_more_draw_in_the_history_is_noticed(monkeypatch):
    honest = draws.swaps

    def one_more(random: np.random.Generator, *numbers: int) -> draws.Swaps:
        random.random()
        return honest(random, *numbers)

    assert soon() <= EXACT
    monkeypatch.setattr(draws, "swaps", one_more)
    assert soon() > 10 * EXACT


# Of each step. At the small profile's rates rounding is soon amplified: the first update of Adam
# has the sign of every gradient, of those that are rounding too. Measured, over several runs: 3e-7
# in step 1, 7e-3 in step 2; in step 3 3e-4 but for the ResNet, where 0.14 says nothing any more.
TWIN_BOUNDS = {
    "dcgan": (EXACT, 0.03, 0.03),
    "cyclegan-unet": (EXACT, 0.03, 0.03),
    "cyclegan-resnet": (EXACT, 0.03),
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", USUAL)
def test_the_twins_begin_with_the_same_losses(name):
    """How they go on, at slower rates, is followed in test_twins.py."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)  # a few steps are done before a graph is made
    try:
        taught, known = lessons(CASES[name], "tensorflow"), golden(name)
        for step, bound in enumerate(TWIN_BOUNDS[name]):
            assert apart([next(taught)], known[step : step + 1]) <= bound
    finally:
        tf.config.run_functions_eagerly(False)
