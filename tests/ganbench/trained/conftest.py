"""Runs as training leaves them, with weights that nobody trained."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from ganbench.data import load
from ganbench.jobs import DrawJob, GenerateJob, TranslateJob
from ganbench.system import files
from ganbench.trained import draw, generate, kaggle_rules, translate
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


def make(folder, a_record, name, size=32, seed=0, built=None, steps=0, plugins=(), **changes):
    """Write a run to `folder`, of a built-in model or of one in a plugin file.

    `built`: its settings, `steps`: taken.
    """
    (model,) = registry.select(name, plugins)
    kind = registry.load(model)
    settings = resolve(kind.Settings, name, SMALL.get(name, {}) if built is None else built)
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


@pytest.fixture
def few(monkeypatch):
    """Kaggle that takes three to five pictures."""
    monkeypatch.setattr(kaggle_rules, "FEWEST", 3)
    monkeypatch.setattr(kaggle_rules, "MOST", 5)


def draw_folder(folder, count, side=256, ending=".png", seed=0):
    """Write a folder of pictures."""
    folder.mkdir()
    random = np.random.default_rng(seed)
    for number in range(count):
        coarse = random.integers(0, 256, (side // 8, side // 8, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((side, side))
        picture.save(folder / f"{number}{ending}", quality=90)
    return folder


@pytest.fixture
def trained_on(two_domains, made):
    """Write a run as a suite leaves it, which knows its pictures in the cache."""

    def write(name="cyclegan-unet", size=32):
        sides = {"source": "photo", "target": "monet"}
        domains = {
            side: load.load_one(str(two_domains / part), size) for side, part in sides.items()
        }
        data = {side: domain.describe() for side, domain in domains.items()}
        folder = made(name, f"{name}-trained", size=size, data=data)
        folders = {f"{side}_folder": str(domain.folder) for side, domain in domains.items()}
        told = {"run": {"address": "/home/me/my_gan.py:Tiny"}, "folder": str(folder), **folders}
        files.write_json(folder / "run.json", told)
        return folder

    return write
