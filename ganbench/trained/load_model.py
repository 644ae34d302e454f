"""A trained model in the process that uses it, which meets its framework alone."""

from ganbench.jobs import TrainedModel
from ganbench.system import frameworks
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task, Trainer


def load(trained: TrainedModel) -> Trainer:
    """The model with its weights; InputError when they do not fit or the device is not there."""
    model = trained.model
    device = frameworks.choose_device(model.framework, trained.device)
    frameworks.prepare(model.framework, device=device)
    kind = registry.load(model)
    settings = resolve(kind.Settings, model.name, trained.settings)
    trainer = kind(settings, Task(trained.size, trained.seed, device))
    trainer.load(trained.checkpoint)
    return trainer
