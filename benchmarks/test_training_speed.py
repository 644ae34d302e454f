"""Steps of each model at the CPU's defaults, and what the loop adds to them."""

import numpy as np
import pytest

from ganbench.data.streams import SOURCE, TARGET, PictureStream, Stream
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

PICTURES = np.random.default_rng(0).integers(0, 256, (300, 64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("model", registry.BUILT_IN, ids=lambda model: model.name)
def test_a_step_at_64_px(benchmark, model):
    trainer, stream = _prepared(model)
    batch = stream.batch(0)
    benchmark.pedantic(
        lambda: [float(v) for v in trainer.step(*batch).values()], rounds=10, warmup_rounds=2
    )
    speed = trainer.settings.batch / benchmark.stats.stats.median
    print(f"\n{model.name}: {speed:.1f} pictures/s")


@pytest.mark.parametrize("model", registry.BUILT_IN, ids=lambda model: model.name)
def test_a_batch_beside_its_step(benchmark, model):
    _, stream = _prepared(model)
    steps = iter(range(10**6))
    benchmark.pedantic(lambda: stream.batch(next(steps)), rounds=50, warmup_rounds=2)
    print(f"\n{model.name}: {1e3 * benchmark.stats.stats.median:.2f} ms a batch")


def _prepared(model):
    kind = registry.load(model)
    settings = resolve(kind.Settings, model.name, {}, small=True)
    noise = kind.source == "noise"
    source = settings.latent if noise else PictureStream(PICTURES, 0, SOURCE)
    stream = Stream(source, PictureStream(PICTURES, 0, TARGET), settings.batch, 0)
    return kind(settings, Task(64)), stream
