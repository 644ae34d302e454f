"""Half of a pair of twins: teach models of one framework and write down all that comes out.

python twin.py FRAMEWORK CASES.json FOLDER, in a process of its own.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.data import batches
from ganbench.system import frameworks
from ganzoo import conformance, draws, registry
from ganzoo.settings import resolve

STEPS = 20
PROBES = 4


def main(framework: str, cases: Path, out: Path) -> None:
    """Write OUT/<case>/ for every case, and OUT/seen.npz."""
    look(out / "seen.npz")
    for name, case in json.loads(cases.read_text()).items():
        (model,) = registry.select(case["model"], framework=framework)
        kind = registry.load(model)
        settings = resolve(kind.Settings, model.name, case["settings"], profile="small")
        restraint: Any = importlib.import_module(f"ganzoo.{framework}.restraint")
        restraint.R1_EVERY = case["r1_every"]  # so that a case's first step can have R1's lesson
        go_through(case, conformance.Trial(kind, settings, case["size"]), out / name)


def look(file: Path) -> None:
    """Write what step 1,000 sees: pictures, noise, and what is drawn inside a model."""
    pictures = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    photographs, paintings = (
        batches.PictureStream(pictures[::way], 5, purpose, flip=True, jitter=0.117)
        for way, purpose in ((1, batches.SOURCE), (-1, batches.TARGET))
    )
    source, target = batches.Stream(photographs, paintings, 4, 5).batch(999)
    noise, _ = batches.Stream(100, paintings, 4, 5).batch(999)
    random = draws.of_step(5, 1000, 0)
    swaps = draws.swaps(random, 50, 50, 64)
    augmented = draws.augmentation(random, ("color", "translation", "cutout"), 4, 32)
    np.savez(file, source=source, target=target, noise=noise, **vars(swaps), **augmented)


def go_through(case: dict[str, Any], tried: conformance.Trial, folder: Path) -> None:
    """Teach; then, if the case says so, teach again from step 1, and take the other half's end."""
    trainer = tried.trainer()
    if case.get("nudge"):
        nudge(trainer, case["nudge"], folder / "nudged")
    keep(tried, trainer, folder / "begun")
    note = {"losses": teach(tried, trainer, 0)}
    trainer.save(folder / "first")
    note["losses"] += teach(tried, trainer, *range(1, STEPS))
    keep(tried, trainer, folder / "ended")
    if case.get("resume"):
        trainer.load(folder / "first")
        note["resumed"] = teach(tried, trainer, *range(1, STEPS))
        keep(tried, trainer, folder / "resumed")
    if case.get("carry"):
        trainer.load(Path(case["carry"]))
        keep(tried, trainer, folder / "carried")
    (folder / "losses.json").write_text(json.dumps(note))


def teach(tried: conformance.Trial, trainer: Any, *steps: int) -> list[dict[str, float]]:
    """Take steps, each at its place in a budget of STEPS."""
    losses = []
    for step in steps:
        trainer.schedule(step / STEPS)
        losses += tried.steps(trainer, step)
    return losses


def keep(tried: conformance.Trial, trainer: Any, folder: Path) -> None:
    """Save the state and what is drawn from it."""
    trainer.save(folder)
    np.save(folder / "pictures.npy", trainer.generate(tried.sources(PROBES)))


def nudge(trainer: Any, by: float, folder: Path) -> None:
    """Change every weight by about the fraction `by` of itself."""
    from safetensors.numpy import load_file, save_file

    trainer.save(folder)
    state, random = load_file(folder / "state.safetensors"), np.random.default_rng(0)
    for name in filter(lambda name: name.startswith("network/"), state):
        if state[name].dtype == np.float32:
            noise = random.standard_normal(state[name].shape, dtype=np.float32)
            state[name] *= 1 + np.float32(by) * noise
    save_file(state, folder / "state.safetensors")
    trainer.load(folder)


if __name__ == "__main__":
    frameworks.prepare(sys.argv[1], threads=1, device="cpu")
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
