"""Would a model's steps be the same if a GPU replayed them? Tried without one, on a tape."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from ganzoo.pytorch.gan import GAN
from ganzoo.pytorch.gradient_check import Trial
from ganzoo.pytorch.tape import Tape

STEPS = 7  # of which the first five are not replayed


def captured_steps_are_the_same(trial: Trial) -> None:
    """a step that is replayed, as on a GPU, is the step that is not."""
    with _one_thread():
        replayed, eager = trial.trainer(), trial.trainer()
        for trainer in (replayed, eager):
            trainer.capture(Tape(trainer))
        eager.graphs.refused = "held against"
        losses = [_taught(trial, trainer) for trainer in (replayed, eager)]
    if replayed.graphs.refused:
        raise AssertionError(f"{replayed.graphs.refused}; capturable = False leaves it alone")
    one, other = replayed.state(), eager.state()
    if losses[0] != losses[1] or any(not torch.equal(one[name], other[name]) for name in one):
        raise AssertionError(
            "learn depends on something that is neither fed to it nor a tensor changed in place"
        )


def _taught(trial: Trial, trainer: GAN) -> list[dict[str, float]]:
    found = []
    for step in range(STEPS):
        trainer.schedule(step / STEPS)
        found += trial.steps(trainer, step)
    return found


@contextmanager
def _one_thread() -> Iterator[None]:
    """A tape hears one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def questions(kind: type) -> list[Callable[[Trial], None]]:
    """What can be asked of a trainer whose steps a GPU would replay."""
    can = issubclass(kind, GAN) and not kind.uncapturable()
    return [captured_steps_are_the_same] if can else []
