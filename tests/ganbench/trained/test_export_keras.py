"""Keras, with none of ours, draws from the exported file what the run in PyTorch draws."""

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganbench import record
from ganbench.trained import export_weights
from ganbench.training import checkpoint

pytestmark = pytest.mark.tensorflow
TINY = Path(__file__).parents[3] / "examples" / "tensorflow" / "tiny_gan.py"

# Make a run and draw from it, in a process that meets PyTorch.
MAKE = """
import sys, json
from dataclasses import asdict
from pathlib import Path
import numpy as np
from ganbench import record
from ganbench.training import checkpoint
from ganzoo import registry
from ganzoo.conformance import Trial
from ganzoo.settings import resolve
from ganzoo.trainer import Task
folder, built = Path(sys.argv[1]), json.loads(sys.argv[2])
model = built.pop("model")
(found,) = registry.select(model)
kind = registry.load(found)
settings = resolve(kind.Settings, model, built)
trainer = kind(settings, Task(32))
trial = Trial(kind, settings, 32)
trial.steps(trainer, 1, 2)
checkpoint.save(folder, trainer.save, {"steps": 2})
record.write(folder, record.Record(
    key="0123abcd", model=model, label=model, framework="pytorch", source=kind.source, seed=0,
    suite="s", size=32, budget="2step", settings=asdict(settings), data={}, environment={},
    status=record.Status("done", 2, 1.0)))
sources = trial.sources(3)
np.savez(folder / "drawn.npz", sources=sources, pictures=trainer.generate(sources))
"""
CASES = [
    {"model": "dcgan", "width": 4, "batch": 4, "init_std": 0.2},
    {"model": "dcgan", "width": 4, "batch": 4, "init_std": 0.2, "dense_start": True,
     "upsample": "nearest", "ema": 0.9},
    {"model": "cyclegan-resnet", "blocks": 1, "init_std": 0.1},
    {"model": "cyclegan-resnet", "blocks": 1, "init_std": 0.1, "norm": "batch",
     "upsample": "bilinear", "residual": True},
    {"model": "cyclegan-unet", "depth": 3, "init_std": 0.1, "dropout": 0.5},
    {"model": "cyclegan-unet", "depth": 3, "init_std": 0.1, "norm": "group", "skips": "leaky",
     "bottleneck_norm": True, "canvas": 2},
    {"model": "cyclegan-unet", "depth": 3, "init_std": 0.1, "norm": "instance"},
]  # fmt: skip
NARROW = {"width": 4, "d_width": 4, "d_layers": 2}


QUICK = (1, 5)  # the others take as long each


@pytest.mark.parametrize(
    "built",
    [
        pytest.param(
            built,
            id="-".join(map(str, built.values())),
            marks=[pytest.mark.slow] * (place not in QUICK),
        )
        for place, built in enumerate(CASES)
    ],
)
def test_keras_draws_what_pytorch_draws(tmp_path, built):
    import json

    import keras

    folder = tmp_path / "run"
    folder.mkdir()
    told = built if built["model"] == "dcgan" else NARROW | built
    subprocess.run([sys.executable, "-c", MAKE, folder, json.dumps(told)], check=True)
    done = export_weights.export(str(folder), "keras")
    assert done.reader == "Keras" and done.largest <= 1e-4
    names = ["G.keras"] if built["model"] == "dcgan" else ["G.keras", "F.keras"]
    assert [path.name for path in done.files] == names
    assert sorted(path.name for path in (folder / "export").iterdir()) == sorted(names)
    drawn = np.load(folder / "drawn.npz")
    sources = drawn["sources"]
    given = sources if sources.ndim == 2 else sources.astype(np.float32) / 127.5 - 1
    network = keras.saving.load_model(done.files[0], compile=False)
    levels = np.clip(np.asarray(network(given, training=False)) * 127.5 + 127.5, 0, 255)
    assert levels.std() > 5
    assert np.abs(levels - drawn["pictures"]).max() <= 0.55


def test_the_network_of_a_plugin_is_written_as_it_is(tmp_path, a_record):
    import keras

    from ganzoo import registry
    from ganzoo.trainer import Task

    (model,) = registry.select("tiny-gan", (TINY,), "tensorflow")
    kind: Any = registry.load(model)
    trainer, folder = kind(kind.Settings(), Task(16)), tmp_path / "run"
    checkpoint.save(folder, trainer.save, {"steps": 2})
    told = {"model": "tiny-gan", "label": "tiny-gan", "framework": "tensorflow", "size": 16}
    told |= {"settings": asdict(trainer.settings), "snapshots": (), "curve": ()}
    record.write(folder, replace(a_record, source="noise", **told))
    done = export_weights.export(str(folder), "keras", plugin_files=(TINY,))
    assert done.reader == "Keras" and done.largest <= 1e-4
    network = keras.saving.load_model(done.files[0], compile=False)
    z = np.random.default_rng(0).standard_normal((3, 32), dtype=np.float32)
    levels = np.clip(np.asarray(network(z)) * 127.5 + 127.5, 0, 255)
    assert np.abs(levels - trainer.generate(z)).max() <= 0.55
