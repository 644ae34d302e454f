"""Both halves of every pair of twins, taught once a session."""

import importlib.util
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from ganbench.system import files
from ganzoo.settings import R1_EVERY

NARROW: dict[str, dict[str, Any]] = {
    "dcgan": {"width": 8},
    "cyclegan-unet": {"width": 8, "d_width": 8, "depth": 3},
    "cyclegan-resnet": {"width": 8, "d_width": 8, "blocks": 1},
}
RATES = {"learning_rate_g": 2e-4, "learning_rate_d": 2e-4}
RECIPE = {  # what the Keras tutorials do otherwise than the papers
    "loss": "bce",
    "update": "together",
    "history": 0,
    "slope": 0.3,
    "norm_epsilon": 1e-3,
    "adam_epsilon": 1e-7,
}
KERAS = {"norm": "group", "groups": 64, "skips": "leaky", "bottleneck_norm": True}
AUGMENTED = {"augment": "cutout-color-translation", "real_label": 0.9}
RESIDUAL = {"residual": True, "history": 3, "canvas": 2, "d_norm": "none"}
AIDED = {"ema": 0.9, "r1_gamma": 1.0, "augment": "translation-color"}
SMALL_DATA = {"dense_start": True, "minibatch_std": True, "enlarge": "flip-mirror-crop-noise"}
FADING = {"cycle_decay": 0.1, "lambda_identity": 1.0, "identity_decay": 0.5, "history": 3}
TWO_HEADS = {"loss": "two-objective", "lecam": 0.1, "d_steps": 2}
HELD = {"spectral_norm": True, "loss": "hinge", "lecam": 0.1, "r1_gamma": 1.0}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "dcgan": ("dcgan", {}),
    "dcgan augmented": ("dcgan", AUGMENTED),
    "cyclegan-unet recipe": ("cyclegan-unet", RECIPE),
    "cyclegan-unet of Keras": ("cyclegan-unet", RECIPE | KERAS),
    **{f"cyclegan-unet {norm}": ("cyclegan-unet", {"norm": norm, "history": 3})
       for norm in ("batch", "instance", "group")},
    **{f"cyclegan-resnet {norm}": ("cyclegan-resnet", {"norm": norm, "history": 3})
       for norm in ("instance", "group", "batch")},
    "dcgan bilinear": ("dcgan", {"upsample": "bilinear"}),
    "cyclegan-unet bilinear residual": ("cyclegan-unet", RESIDUAL | {"upsample": "bilinear"}),
    "cyclegan-resnet nearest residual": ("cyclegan-resnet", RESIDUAL | {"upsample": "nearest"}),
    "dcgan aided": ("dcgan", AIDED | SMALL_DATA | {"spectral_norm": True, "loss": "hinge",
                                                   "decay": "cosine", "decay_from": 0.5}),
    "dcgan two heads": ("dcgan", TWO_HEADS | {"r1_gamma": 1.0}),
    "cyclegan-unet aided": ("cyclegan-unet", AIDED | FADING | TWO_HEADS | {"norm": "batch"}),
    "cyclegan-resnet held": ("cyclegan-resnet", HELD | {"norm": "instance", "ema": 0.1}),
}  # fmt: skip
# Together they have every setting; `make torture` goes through the others too.
ALWAYS = (
    "dcgan augmented",
    "dcgan aided",
    "dcgan two heads",
    "cyclegan-unet of Keras",
    "cyclegan-unet bilinear residual",
    "cyclegan-unet aided",
    "cyclegan-resnet instance",
    "cyclegan-resnet nearest residual",
    "cyclegan-resnet held",
)
CASES["cyclegan-unet instance"][1]["batch"] = 2
CASES["cyclegan-resnet instance"][1]["batch"] = 2
EVERY = {"dcgan aided": 1, "cyclegan-unet aided": 1, "cyclegan-resnet held": 1}  # 16 otherwise
SIZES = {"cyclegan-resnet instance": 36}  # D meets maps of odd size; 32 px otherwise


@dataclass(frozen=True)
class Twins:
    """What PyTorch, TensorFlow, and PyTorch once more, nudged, wrote down of the same cases."""

    root: Path

    def losses(self, half: str, case: str, run: str = "losses") -> list[dict[str, float]]:
        """Of every step; `run`: "losses", or "resumed" after the first."""
        return json.loads((self.root / half / case / "losses.json").read_text())[run]

    def pictures(self, half: str, case: str, moment: str) -> np.ndarray:
        """What is drawn at a moment, uint8 N H W 3 as int."""
        return np.load(self.root / half / case / moment / "pictures.npy").astype(int)

    def state(self, half: str, case: str, moment: str) -> dict[str, np.ndarray]:
        """What a checkpoint holds, less what one framework alone needs."""
        state = load_file(self.root / half / case / moment / "state.safetensors")
        return {name: value for name, value in state.items() if not _own(name)}

    def numbers(self, half: str, case: str, moment: str) -> dict[str, Any]:
        """What a checkpoint says beside its arrays: settings, step, learning rates."""
        return json.loads((self.root / half / case / moment / "state.json").read_text())

    def rates(self, half: str, case: str, moment: str) -> dict[str, float]:
        """Learning rates by optimiser."""
        optimizers = self.numbers(half, case, moment)["optimizers"]
        return {name: groups[0]["lr"] for name, groups in optimizers.items()}

    def deviations(self, case: str, half: str = "tensorflow") -> list[float]:
        """Largest relative difference from PyTorch's losses, step by step."""
        pairs = zip(self.losses("pytorch", case), self.losses(half, case), strict=True)
        return [max(map(apart, a.values(), b.values())) for a, b in pairs]


def _own(name: str) -> bool:
    return name.startswith("random/") or name.endswith("num_batches_tracked")


def apart(a: float, b: float) -> float:
    """Relative difference."""
    return abs(a - b) / max(abs(a), abs(b), 1e-30)


def teach(half: Path, framework: str, cases: dict) -> None:
    """Run one half in a process of its own."""
    half.mkdir()
    (half / "cases.json").write_text(json.dumps(cases))
    script = Path(__file__).with_name("twin.py")
    done = subprocess.run(
        [sys.executable, str(script), framework, str(half / "cases.json"), str(half)],
        env={
            **os.environ,
            "PYTHONPATH": str(script.parents[2]),
            "OMP_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "-1",
        },
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def wanted(request) -> list[str]:
    """The cases that this session's tests look at."""
    asked = {
        item.callspec.params.get("case")
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    }
    return [case for case in CASES if case in asked]


@pytest.fixture(scope="session")
def twins(tmp_path_factory, wanted) -> Twins:
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    root = tmp_path_factory.mktemp("twins")
    cases = {
        name: {
            "model": model,
            "settings": NARROW[model] | RATES | settings,
            "size": SIZES.get(name, 32),
            "r1_every": EVERY.get(name, R1_EVERY),
        }
        for name, (model, settings) in CASES.items()
        if name in wanted
    }

    def carrying(half: str, **more: Any) -> dict:
        return {n: c | more | {"carry": str(root / half / n / "ended")} for n, c in cases.items()}

    teach(root / "pytorch", "pytorch", cases)
    teach(root / "tensorflow", "tensorflow", carrying("pytorch", resume=True))
    teach(root / "nudged", "pytorch", carrying("tensorflow", nudge=1e-6))
    made = Twins(root)
    if os.environ.get("GANBENCH_WRITE_DOCS") and len(wanted) == len(CASES):
        write_page(made)
    return made


@pytest.fixture(scope="session")
def gradient_errors(twins, wanted) -> dict[str, tuple[float, float]]:
    """Of G and D, by case."""
    return {
        case: (gradient_error(twins, case, "G"), gradient_error(twins, case, "D"))
        for case in wanted
    }


@pytest.fixture(
    params=[pytest.param(case, marks=() if case in ALWAYS else pytest.mark.slow) for case in CASES]
)
def case(request) -> str:
    return request.param


# docs/twins.md and docs/twins.svg

HEAD = """# The same network in two frameworks

Written by the tests, which fail where a number exceeds its bound. To write it anew:

    GANBENCH_WRITE_DOCS=1 pytest -m tensorflow tests/ganzoo/test_twins.py

PyTorch {torch} and TensorFlow {tensorflow} (Keras {keras}) in a process each, in float32 on a CPU,
narrow networks at 32 px, learning rates of 2e-4 that fall as set. Both draw their initial weights
from numpy and are bit for bit equal there. Differences are relative: of losses the largest of any
loss (bound 1e-5 in step 1); of gradients the length of the difference by the length of the
gradient, G's and D's (bound 1e-4). Grey levels: the largest difference of a colour value between
pictures drawn from the same state, before training and after a checkpoint went over from PyTorch
and from TensorFlow (bound 1); the states themselves go over bit for bit. "recipe" is what the Keras
tutorials do otherwise: cross-entropy, one update for all networks, no history, slope 0.3, epsilon
1e-3 in norms and 1e-7 in Adam. "augmented" has all of DiffAugment. The cases "instance" run at
batch 2, the ResNet's at 36 px. "aided", "two heads" and "held" have together all that helps a GAN's
training: moving averages, spectral norm, hinge and two objectives, R1 (in every step, with "two
heads" in the 16th), LeCam, fading weights, two lessons of D a step, and what suits few pictures.
"bilinear" and "nearest" generators resize before a 3x3 convolution, in place of transposed ones;
"residual" ones add to their input, at first nothing, paint on a canvas of fixed noise, and meet a D
without norms. Dropout is not shared: its masks are each framework's own.

| case | losses, step 1 | gradients, step 1 | grey levels | losses, 20 steps | nudged |
|---|---|---|---|---|---|
"""
TAIL = """
Training amplifies rounding. How much is measured on PyTorch alone, with every initial weight
changed by a part in a million: the last column, beside which the one before it is to be read. A
wrong epsilon or padding is 1e-2 away after one step.

![Losses of 20 steps in both frameworks, on top of each other](twins.svg)
"""


def row(twins: Twins, case: str) -> str:
    """One line of the table."""
    levels = [
        np.abs(twins.pictures(*one) - twins.pictures(*other)).max()
        for one, other in (
            (("pytorch", case, "begun"), ("tensorflow", case, "begun")),
            (("pytorch", case, "ended"), ("tensorflow", case, "carried")),
            (("tensorflow", case, "ended"), ("nudged", case, "carried")),
        )
    ]
    cells = (
        case,
        f"{twins.deviations(case)[0]:.1e}",
        ", ".join(f"{gradient_error(twins, case, network):.1e}" for network in "GD"),
        ", ".join(map(str, levels)),
        f"{max(twins.deviations(case)):.1e}",
        f"{max(twins.deviations(case, 'nudged')):.1e}",
    )
    return f"| {' | '.join(cells)} |\n"


def gradient_error(twins: Twins, case: str, optimizer: str) -> float:
    """Relative difference of the first gradients, of which Adam's first moments are a share."""
    one, other = (twins.state(half, case, "first") for half in ("pytorch", "tensorflow"))
    moments = [
        name
        for name in one
        if name.startswith(f"optimizer/{optimizer}/") and name.endswith("exp_avg")
    ]
    squares = [np.square(one[n] - other[n]).sum(dtype=np.float64) for n in moments]
    lengths = [np.square(one[n]).sum(dtype=np.float64) for n in moments]
    return float(np.sqrt(sum(squares) / sum(lengths)))


def draw(twins: Twins, path: Path) -> None:
    """Losses of G and D, PyTorch's as a broad line and TensorFlow's as a thin one upon it."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "twins"
    rows = math.ceil(len(CASES) / 3)
    figure, axes = pyplot.subplots(rows, 3, figsize=(9, 2.2 * rows), layout="constrained")
    for axis in axes.flat[len(CASES) :]:
        axis.remove()
    for axis, case in zip(axes.flat, CASES, strict=False):
        for half, style in (
            ("pytorch", {"lw": 5, "alpha": 0.35}),
            ("tensorflow", {"lw": 1.2, "ls": "--"}),
        ):
            losses = twins.losses(half, case)
            for name, colour in zip(losses[0], ("C0", "C1", "C2", "C3", "C4"), strict=False):
                label = name if half == "pytorch" else None
                steps = range(1, len(losses) + 1)
                axis.plot(steps, [x[name] for x in losses], color=colour, label=label, **style)
        axis.set_title(f"{case}: {max(twins.deviations(case)):.0e} apart", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.legend(fontsize=6, frameon=False, ncols=2)
    figure.supxlabel("step; broad: PyTorch, dashed: TensorFlow", fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def write_page(twins: Twins) -> None:
    versions = {name: version(name) for name in ("torch", "tensorflow", "keras")}
    docs = Path(__file__).parents[2] / "docs"
    rows = "".join(row(twins, case) for case in CASES)
    files.write_text(docs / "twins.md", HEAD.format(**versions) + rows + TAIL)
    draw(twins, docs / "twins.svg")
