"""Runs as training leaves them, with weights that nobody trained."""

from dataclasses import asdict, replace

import pytest

from ganbench import record
from ganbench.training import checkpoint
from ganzoo import registry
from ganzoo.conformance import Trial
from ganzoo.settings import resolve
from ganzoo.trainer import Task

SMALL = {
    "dcgan": {"width": 4, "batch": 4},
    "cyclegan-unet": {"width": 4, "depth": 3, "d_width": 4, "d_layers": 2, "init_std": 0.1},
    "cyclegan-resnet": {"width": 4, "blocks": 1, "d_width": 4, "d_layers": 2, "init_std": 0.1},
}


def make(folder, a_record, name, size=32, seed=0, built=None, steps=0, **changes):
    """Write the run of a built-in model to `folder`; `built`: its settings, `steps`: taken."""
    (model,) = registry.select(name)
    kind = registry.load(model)
    settings = resolve(kind.Settings, name, SMALL[name] if built is None else built)
    trainer = kind(settings, Task(size, seed))
    if steps:
        Trial(kind, settings, size).steps(trainer, *range(steps))
    folder.mkdir(parents=True)
    checkpoint.save(folder, trainer.save, {"steps": 10})
    told = {"model": name, "label": name, "source": model.source, "size": size, "seed": seed}
    told |= {"settings": asdict(settings), "snapshots": (), "curve": ()}
    record.write(folder, replace(a_record, **(told | changes)))
    return folder


@pytest.fixture
def made(tmp_path, a_record):
    """Write a run to suite/NAME; gives its folder."""

    def write(name, folder=None, **changes):
        return make(tmp_path / "suite" / (folder or name), a_record, name, **changes)

    return write
