"""The loop. It knows no paper."""

import math
from collections.abc import Callable, Mapping

from ganbench.data.batches import Ahead, Stream
from ganbench.training.clock import Clock
from ganbench.training.failure_watch import Diverged
from ganzoo.trainer import Losses, Trainer


def train(
    trainer: Trainer,
    stream: Stream | Ahead,
    clock: Clock,
    steps: int,
    progress: Callable[[int], float],
    due: Callable[[int, float], bool],
    between: Callable[[int, float, dict[str, float]], bool],
) -> int:
    """Teach `trainer` from step `steps` until `progress` reaches 1 or `between` says stop.

    `progress(steps)` is the used fraction of the budget; `due(steps, progress)` says whether
    `between` wants to work now: it runs off the clock, with losses that have left the device, and
    returns False to stop. Returns the steps done.
    """
    schedule = getattr(trainer, "schedule", lambda progress: None)
    used = progress(steps)
    clock.start()
    while used < 1:
        source, target = stream.batch(steps)
        with clock.step():
            schedule(used)
            losses = trainer.step(source, target)
            steps += 1
            used = progress(steps)
            if not due(steps, used):
                continue
            values = read(losses, steps)
        with clock.paused():
            if not between(steps, used, values):
                break
    clock.stop()
    return steps


def read(losses: Losses, step: int) -> dict[str, float]:
    """Fetch the losses from the device; Diverged when one is not a number.

    TypeError when they are no losses.
    """
    if not isinstance(losses, Mapping):
        raise TypeError(f"step returned {type(losses).__name__}, not a dict of named losses")
    values = {name: float(value) for name, value in losses.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise Diverged(f"loss {name} became {value} at step {step}", step)
    return values
