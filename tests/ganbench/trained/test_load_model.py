"""The model of a run in another process."""

import numpy as np

from ganbench.trained import load_model, trained_run
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task


def test_it_draws_as_the_one_that_was_trained(made):
    run = trained_run.find(str(made("cyclegan-resnet", seed=3)))
    model = run.model(device="cpu")
    kind = registry.load(model.model)
    trainer = kind(resolve(kind.Settings, "cyclegan-resnet", run.record.settings), Task(32, 3))
    photographs = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    assert (load_model.load(model).generate(photographs) == trainer.generate(photographs)).all()
