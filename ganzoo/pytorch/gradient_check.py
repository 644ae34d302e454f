"""Are the gradients right? Every layout, precision and fusion switch is held against float64."""

from collections.abc import Callable
from typing import Any, Protocol

from ganzoo.pytorch.training import TorchTrainer

# Of the length of a network's gradient: kinks and rounding cost 0.6%, a wrong one is off by 1.
TOLERANCE = 0.02


class Trial(Protocol):
    """What is asked of a trial, which lies above."""

    def trainer(self, seed: int = 0, batch: int | None = None) -> Any:
        """A fresh trainer."""

    def steps(self, trainer: Any, *draws: int) -> list[dict[str, float]]:
        """Teach with a batch for each draw."""


def every_parameter_learns(trial: Trial) -> None:
    """every parameter gets a finite gradient."""
    trainer = _taught(trial, batch=2, double=False)
    for name, network in trainer.networks.items():
        for path, parameter in network.named_parameters():
            if not parameter.requires_grad:  # an average, or what was trained before
                continue
            if parameter.grad is None or not parameter.grad.isfinite().all():
                raise AssertionError(f"{name}.{path} has no finite gradient")


def right_at_batch_1(trial: Trial) -> None:
    """gradients agree with float64 at batch 1."""
    _compare(trial, 1)


def right_at_batch_2(trial: Trial) -> None:
    """gradients agree with float64 at batch 2."""
    _compare(trial, 2)


def _compare(trial: Trial, batch: int) -> None:
    single, double = _taught(trial, batch, double=False), _taught(trial, batch, double=True)
    for name, network in single.networks.items():
        pairs = zip(network.parameters(), double.networks[name].parameters(), strict=True)
        gradients = [(p.grad.double(), q.grad) for p, q in pairs if p.requires_grad]
        if not gradients:
            continue
        error = sum((g - h).square().sum() for g, h in gradients).sqrt()
        length = sum(h.square().sum() for _, h in gradients).sqrt()
        if not error <= TOLERANCE * length:
            raise AssertionError(f"{name}: relative error {float(error / length):.2g}")


def _taught(trial: Trial, batch: int, double: bool) -> TorchTrainer:
    """A trainer after one step; its networks keep the gradients of their last lesson."""
    trainer: TorchTrainer = trial.trainer(batch=batch)
    if double:
        trainer.double()
    trial.steps(trainer, 1)
    return trainer


def questions(kind: type) -> list[Callable[[Trial], None]]:
    """What can be asked of a trainer whose networks and precision are in reach."""
    if not issubclass(kind, TorchTrainer):
        return []
    return [every_parameter_learns, right_at_batch_1, right_at_batch_2]
