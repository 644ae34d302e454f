"""Half of a pair of twins: teach models of one framework and write down all that comes out.

python twin.py FRAMEWORK CASES.json FOLDER, in a process of its own.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

from ganzoo import registry, trial
from ganzoo.settings import resolve

STEPS = 20


def main(framework: str, cases: Path, out: Path) -> None:
    """Write OUT/<case>/ for every case: losses, pictures, and the state at three moments."""
    for name, case in json.loads(cases.read_text()).items():
        (model,) = registry.select(case["model"], framework=framework)
        kind = registry.load(model)
        settings = resolve(kind.Settings, model.name, case["settings"], small=True)
        tried = trial.Trial(kind, settings, case["size"])
        trainer = tried.trainer()
        if "state" in case:
            trainer.load(Path(case["state"]))
        write(tried, trainer, out / name, case.get("steps", STEPS))


def write(tried: trial.Trial, trainer, folder: Path, steps: int) -> None:
    trainer.save(folder / "begun")
    drawn = [trainer.generate(tried.sources(4))]
    losses = []
    for step in range(trainer.steps, trainer.steps + steps):
        losses += tried.steps(trainer, step)
        if len(losses) == 1:
            trainer.save(folder / "first")
    drawn.append(trainer.generate(tried.sources(4)))
    trainer.save(folder / "ended")
    np.save(folder / "pictures.npy", np.stack(drawn))
    (folder / "losses.json").write_text(json.dumps(losses))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
