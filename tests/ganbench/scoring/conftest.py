"""An extractor that sees eight numbers in a picture, and two folders of small pictures."""

import json
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from ganbench.data import load
from ganbench.system import files
from metrics.sample import Sample

LIGHTER = """
from metrics.registry import Measurement, Metric

def measure(generated, real):
    return Measurement(float(generated.pixels().mean()) - float(real.pixels().mean()))

METRIC = Metric(name="lighter", title="Lighter", short="lighter", needs=("pictures",),
    better="lower", unit="grey levels", protocol={}, version=1, measure=measure)
"""


class EightNumbers:
    """Means, spreads and a pixel; remembers what it was made of and asked to look at."""

    official, name, key, batch, sha256 = True, "eight", "eight", 2, "0123456789"
    looked: ClassVar[list[int]] = []  # pictures in each call
    built: ClassVar[list[dict]] = []

    def __init__(self, spec, weights, device, **choices):
        self.choices = choices
        self.built.append({"weights": weights, "device": device, **choices})

    def protocol(self):
        return {"extractor": self.name, "sha256": self.sha256, **self.choices}

    @classmethod
    def named(cls, spec, sha256, resize, precision, engine):
        """What it is called, before it is built."""
        made = cls.__new__(cls)
        made.choices = {"resize": resize, "precision": precision, "engine": engine}
        return made

    def features(self, pictures, on_progress=None):
        self.looked.append(len(pictures))
        if on_progress:
            on_progress(len(pictures), len(pictures))
        if isinstance(pictures, list):  # of several sizes
            return Sample(np.concatenate([self._seen(picture[None]) for picture in pictures]))
        return Sample(self._seen(pictures))

    def _seen(self, pictures):
        flat = pictures.reshape(len(pictures), -1, 3).astype(np.float32)
        return np.concatenate([flat.mean(1), flat.std(1), flat[:, 0, :2]], 1)


@pytest.fixture(autouse=True)
def eight(monkeypatch, tmp_path) -> type[EightNumbers]:
    """In place of the module with the network, so that torch need not be imported."""
    fake = types.SimpleNamespace(Extractor=EightNumbers)
    monkeypatch.setitem(sys.modules, "metrics.extractors.extractor", fake)
    monkeypatch.setattr("ganbench.scoring.lazy_extractor.Identity", EightNumbers.named)
    monkeypatch.setattr(
        "ganbench.system.frameworks.choose_device", lambda framework, name: name or "cpu"
    )
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    EightNumbers.looked.clear()
    EightNumbers.built.clear()
    return EightNumbers


def write_folder(folder: Path, seed: int, count: int) -> Path:
    folder.mkdir()
    pictures = np.random.default_rng(seed).integers(0, 256, (count, 12, 16, 3), dtype=np.uint8)
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{i:03d}.png")
    return folder


@pytest.fixture
def fake(tmp_path) -> Path:
    """Six pictures, 16 x 12."""
    return write_folder(tmp_path / "fake", 0, 6)


@pytest.fixture
def real(tmp_path) -> Path:
    """Five pictures, 16 x 12."""
    return write_folder(tmp_path / "real", 1, 5)


@pytest.fixture
def lighter(tmp_path) -> Path:
    """A plugin file with a metric of pixels."""
    file = tmp_path / "lighter.py"
    file.write_text(LIGHTER)
    return file


@pytest.fixture
def scored(ganbench):
    """Call the command; what its JSON holds."""

    def call(*arguments):
        code, out, err = ganbench("score", *arguments, "--json", "-")
        assert (code, err) == (0, "")
        return json.loads(out)

    return call


@pytest.fixture
def suite(tmp_path, two_domains, a_record):
    """Two runs of a suite, one with samples, and the domains they are judged by."""
    pair = load.load(str(two_domains), None, None, 32)
    for name, count in (("whole", 2), ("empty", 0)):
        folder = tmp_path / "suite" / name
        files.write_array(folder / "samples/1.npy", pair.source.pictures[:8])
        files.write_array(folder / "samples/2.npy", pair.source.pictures[4:])
        moments = tuple(record.Moment(i, i / 2, i, i, f"samples/{i}.npy") for i in (1, 2))
        data = {"source": pair.source.describe(), "target": pair.target.describe()}
        run = replace(a_record, snapshots=moments[:count], scores={}, curve=(), data=data)
        record.write(folder, run)
        job = {
            "source_folder": str(pair.source.folder),
            "target_folder": str(pair.target.folder),
            "device": "cpu",
        }
        files.write_json(folder / "run.json", job)
    return tmp_path / "suite"
