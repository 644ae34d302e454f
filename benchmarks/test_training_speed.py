"""Steps of each model at the CPU's defaults, and what the loop adds to them."""

import numpy as np
import pytest

from ganbench.data.batches import SOURCE, TARGET, Ahead, PictureStream, Stream
from ganbench.training.clock import Clock
from ganbench.training.loop import train
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

MODELS = [model for model in registry.BUILT_IN if model.framework == "pytorch"]
PICTURES = np.random.default_rng(0).integers(0, 256, (300, 64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_step_at_64_px(benchmark, model):
    trainer, stream = _prepared(model)
    batch = stream.batch(0)
    benchmark.pedantic(
        lambda: [float(v) for v in trainer.step(*batch).values()], rounds=10, warmup_rounds=2
    )
    speed = trainer.settings.batch / benchmark.stats.stats.median
    print(f"\n{model.name}: {speed:.1f} pictures/s")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_batch_beside_its_step(benchmark, model):
    _, stream = _prepared(model)
    steps = iter(range(10**6))
    benchmark.pedantic(lambda: stream.batch(next(steps)), rounds=50, warmup_rounds=2)
    print(f"\n{model.name}: {1e3 * benchmark.stats.stats.median:.2f} ms a batch")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_the_loop_adds_to_its_steps(benchmark, model):
    """The promise is under 3% of the training time."""
    trainer, stream = _prepared(model)
    ahead, clock = Ahead(stream), Clock()

    def loop():
        always = {"due": lambda steps, used: True, "between": lambda steps, used, losses: True}
        train(trainer, ahead, clock, 0, lambda steps: steps / 30, **always)

    benchmark.pedantic(loop, rounds=1)
    ahead.close()
    outside = 1 - clock.in_step / clock.seconds
    print(f"\n{model.name}: {outside:.2%} of the training time outside its steps")
    assert outside < 0.03


def _prepared(model):
    kind = registry.load(model)
    settings = resolve(kind.Settings, model.name, {}, profile="small")
    noise = kind.source == "noise"
    source = settings.latent if noise else PictureStream(PICTURES, 0, SOURCE)
    stream = Stream(source, PictureStream(PICTURES, 0, TARGET), settings.batch, 0)
    return kind(settings, Task(64)), stream
