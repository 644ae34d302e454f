"""Runs as training leaves them, with weights that nobody trained."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from ganbench.jobs import DrawJob, GenerateJob, TranslateJob
from ganbench.trained import draw, generate, translate
from ganbench.training import checkpoint
from ganzoo import registry
from ganzoo.conformance import Trial
from ganzoo.settings import resolve
from ganzoo.trainer import Task

from ..conftest import do_here

SMALL = {
    "dcgan": {"width": 4, "batch": 4, "init_std": 0.2},
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


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """Pictures as people have them: several sizes and formats, one broken, one turned."""
    folder = tmp_path_factory.mktemp("holiday")
    random = np.random.default_rng(1)
    for name, (width, height) in SIZES.items():
        picture = Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
        (folder / name).parent.mkdir(exist_ok=True)
        exif = Image.Exif()
        exif[0x0112] = 6 if "turned" in name else 1
        picture.save(folder / name, quality=95, exif=exif)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    (folder / "notes.txt").write_text("no picture")
    return folder


SIZES = {
    "a.png": (40, 50),
    "a.jpg": (32, 32),
    "sub/turned.jpg": (60, 20),
    "tiny <b>&'.png": (3, 2),
}


@pytest.fixture
def here(monkeypatch):
    """Draw in this process, which has torch already."""
    for module, kind in ((translate, TranslateJob), (generate, GenerateJob), (draw, DrawJob)):
        do_here(monkeypatch, module.__name__, kind, module.work)
