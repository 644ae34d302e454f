"""One side of a comparison of speeds, in a process of its own: `side.py JOB`.

JOB is JSON: `side` (ours or usual), `framework`, `model`, `settings`, `profile`, `size`, `how` (for
Keras' `compile`) and `steps` of a round. When all is compiled and warm, the process says how many
kernel weights it trains; for each line on its standard input it then trains a round and says how
many seconds that took by the wall clock and of CPU, until the input ends.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ganbench.system import frameworks
from ganbench.training import build
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

PICTURES = 300  # of each domain
QUIET = {"verbose": 0, "shuffle": False}  # a data set is shuffled already, and `fit` would say so


@dataclass(frozen=True)
class Job:
    """What to train and how."""

    side: str
    model: str
    steps: int
    framework: str = "tensorflow"
    settings: dict[str, Any] = field(default_factory=dict)
    profile: str = "official"
    size: int = 64
    how: dict[str, Any] = field(default_factory=dict)


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)


def told_to_go_on() -> bool:
    return bool(sys.stdin.readline())


def pictures(job: Job, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (PICTURES, job.size, job.size, 3), dtype=np.uint8)


def kernel_weights(networks: list[Any]) -> int:
    """Weights of convolutions and dense layers: what makes two networks the same size."""
    if hasattr(networks[0], "parameters"):  # torch's
        return sum(p.numel() for net in networks for p in net.parameters() if p.dim() > 1)
    kernels = [v for net in networks for v in net.trainable_variables if v.name == "kernel"]
    return sum(int(np.prod(v.shape)) for v in kernels)


def take_turns(a_round: Callable[[], None], networks: list[Any]) -> None:
    """Warm up, say what is trained, then a round for each line."""
    a_round()
    say(kernel_weights(networks))
    while told_to_go_on():
        start = now()
        a_round()
        say((now() - start).tolist())


def ours(job: Job, kind: Any, settings: Any) -> None:
    """Rounds of `Trainer.step` on a stream of batches, as the worker takes them."""
    from ganbench.data.batches import SOURCE, TARGET, Ahead, PictureStream, Stream

    trainer: Any = kind(settings, Task(job.size))
    noise = kind.source == "noise"
    source = settings.latent if noise else PictureStream(pictures(job, 0), 0, SOURCE)
    target = PictureStream(pictures(job, 1), 0, TARGET)
    stream = Ahead(Stream(source, target, settings.batch, 0))

    def a_round() -> None:
        for step in range(trainer.steps, trainer.steps + job.steps):
            losses = trainer.step(*stream.batch(step))
        [float(loss) for loss in losses.values()]

    take_turns(a_round, list(trainer.networks.values()))
    stream.close()


def now() -> np.ndarray:
    """Seconds of the clock on the wall and of CPU that this process used."""
    return np.array([time.perf_counter(), time.process_time()])


def usual_pytorch(job: Job) -> None:
    """Rounds of the step that is written out in `usual_pytorch.py`, on random pictures."""
    import usual_pytorch as usual

    trainer = (
        usual.ExampleDCGAN()
        if job.model == "dcgan"
        else usual.OfficialCycleGAN(job.size, generator=job.model.removeprefix("cyclegan-"))
    )

    def a_round() -> None:
        for _ in range(job.steps):
            trainer.step()

    take_turns(a_round, [n for n in vars(trainer).values() if hasattr(n, "parameters")])


def usual_keras(job: Job, settings: Any) -> None:
    """Epochs of one `fit`, each a round; the first, which compiles, is not counted."""
    import keras
    import usual_keras

    class Turns(keras.callbacks.Callback):
        """Say how long an epoch took, and wait for a line before the next."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.start = now()

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            [float(loss) for loss in (logs or {}).values()]
            taken = (now() - self.start).tolist()
            say(taken if epoch else kernel_weights(networks(self.model)))
            self.model.stop_training = not told_to_go_on()

    build = getattr(usual_keras, job.model.replace("-", "_"))
    noise = job.model == "dcgan"
    data = [pictures(job, 1)] if noise else [pictures(job, 0), pictures(job, 1)]
    model, dataset = build(settings, *data, **job.how)
    model.fit(dataset, steps_per_epoch=job.steps, epochs=10**6, callbacks=[Turns()], **QUIET)


def networks(model: Any) -> list[Any]:
    names = ("generator", "discriminator", "G", "F", "D_X", "D_Y")
    return [getattr(model, name) for name in names if hasattr(model, name)]


def main() -> None:
    job = Job(**json.loads(sys.argv[1]))
    frameworks.choose_device(job.framework, "cpu")  # imports it silently and sets nothing
    model = next(
        m for m in registry.BUILT_IN if (m.name, m.framework) == (job.model, job.framework)
    )
    kind = registry.load(model)
    settings = resolve(kind.Settings, job.model, job.settings, job.profile)
    if job.side != "usual":
        narrow = build.is_narrow(vars(settings))
        frameworks.prepare(job.framework, None, "cpu", narrow=narrow)
    if job.side == "ours":
        ours(job, kind, settings)
    elif job.framework == "pytorch":
        usual_pytorch(job)
    else:
        usual_keras(job, settings)


if __name__ == "__main__":
    main()
