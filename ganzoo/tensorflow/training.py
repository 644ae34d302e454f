"""What every TensorFlow trainer shares: tensors in, pictures out, losses, checkpoints.

A checkpoint holds weights and Adam's moments under PyTorch's names and in its layout, so that
either framework continues what the other began.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file, save_file

from ganzoo import draws
from ganzoo.errors import InputError
from ganzoo.settings import require_precision
from ganzoo.tensorflow.weights import from_torch, seeds, slots, to_torch
from ganzoo.trainer import Counting, Noise, Pictures, Task

GENERATE_BATCH = 16
POLICIES = {"fp32": "float32", "tf32": "float32", "bf16": "mixed_bfloat16"}


class TensorFlowTrainer(Counting):
    """Base of the TensorFlow trainers. A model fills `networks` and `optimizers`, writes `step`."""

    framework: Literal["tensorflow"] = "tensorflow"

    def __init__(self, settings: Any, task: Task):
        require_precision(settings, task.device)
        keras.utils.set_random_seed(task.seed % 2**32)  # dropout's
        keras.config.set_dtype_policy(POLICIES[getattr(settings, "precision", "fp32")])
        self.settings, self.task = settings, task
        self.networks: dict[str, keras.Model] = {}
        self.averages: dict[str, keras.Model] = {}  # of the weights of some networks
        self.optimizers: dict[str, keras.optimizers.Optimizer] = {}
        self._draw = tf.function(_drawn, autograph=False, reduce_retracing=True)

    def compiled(self, lesson: Callable) -> Callable:
        """One graph of a training step; through XLA if the settings say so."""
        return tf.function(
            lesson, autograph=False, jit_compile=bool(getattr(self.settings, "xla", False))
        )

    def draw(
        self, network: keras.Model, source: Noise | Pictures, batch: int = GENERATE_BATCH
    ) -> Pictures:
        """Let `network` make one picture for each source, in evaluation mode, `batch` at a time."""
        parts = [
            self._draw(network, tf.constant(source[i : i + batch])).numpy()
            for i in range(0, len(source), batch)
        ]
        return np.concatenate(parts)

    def random(self, purpose: int) -> np.random.Generator:
        """Draws that depend on nothing but the seed, the step and the purpose: no state to save."""
        return draws.of_step(self.task.seed, self.steps, purpose)

    def set_learning_rate(self, scale: float, **rates: float) -> None:
        """Set each named optimiser's rate to `scale` times its own."""
        for name, rate in rates.items():
            self.optimizers[name].learning_rate = scale * rate

    def memory(self) -> dict[str, np.ndarray]:
        """Arrays beside networks and optimisers that an exact resume needs, in PyTorch's layout."""
        return {}

    def remember(self, arrays: dict[str, np.ndarray]) -> None:
        """Take back what `memory` gave."""

    def _kept(self) -> list[tuple[str, str, keras.Model]]:
        """Networks and averages, with the place of each in a checkpoint."""
        kinds = {"network": self.networks, "average": self.averages}
        return [(kind, *item) for kind, there in kinds.items() for item in there.items()]

    def save(self, folder: Path) -> None:
        """Write networks, optimisers, memory, random state and the step as safetensors and JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {f"memory/{name}": array for name, array in self.memory().items()}
        for kind, name, network in self._kept():
            state |= {f"{kind}/{name}/{slot.name}": slot.read() for slot in slots(network)}
        for name, network in self.networks.items():
            state |= {f"random/{name}/{i}": v.numpy() for i, v in enumerate(seeds(network))}
        groups: dict[str, list] = {}
        for name, optimizer in self.optimizers.items():
            groups[name] = [{"lr": float(optimizer.learning_rate)}]
            kept = optimizer.state() if isinstance(optimizer, Adam) else _numbered(optimizer)
            state |= {f"optimizer/{name}/{key}": value for key, value in kept.items()}
        save_file(
            {k: np.asarray(v, order="C") for k, v in state.items()}, folder / "state.safetensors"
        )
        numbers = {
            "framework": self.framework,
            "settings": asdict(self.settings),
            "task": asdict(self.task),
            "steps": self.steps,
            "optimizers": groups,
        }
        (folder / "state.json").write_text(json.dumps(numbers), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Continue exactly where `save` was called, in this framework or the other.

        InputError when the files do not fit.
        """
        try:
            state = load_file(folder / "state.safetensors")
            numbers = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            for kind, name, network in self._kept():
                for slot in slots(network):
                    slot.write(state[f"{kind}/{name}/{slot.name}"])
            for name, network in self.networks.items():
                for i, seed in enumerate(seeds(network)):
                    seed.assign(state.get(f"random/{name}/{i}", seed.numpy()))
            for name, optimizer in self.optimizers.items():
                kept = _below(state, f"optimizer/{name}/")
                if isinstance(optimizer, Adam):
                    optimizer.restore(kept)
                else:
                    for i, variable in enumerate(optimizer.variables):
                        variable.assign(kept[str(i)])
                optimizer.learning_rate = numbers["optimizers"][name][0]["lr"]
            self.remember(_below(state, "memory/"))
            self.steps = numbers["steps"]
        except Exception as error:  # whatever a damaged file provokes in the libraries
            raise InputError(f"checkpoint {folder} cannot be loaded: {error}") from error


def _numbered(optimizer: keras.optimizers.Optimizer) -> dict[str, np.ndarray]:
    """All variables of an optimiser of Keras' own, which a plugin may use."""
    return {str(i): np.asarray(v.numpy()) for i, v in enumerate(optimizer.variables)}


def _below(state: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {key[len(prefix) :]: v for key, v in state.items() if key.startswith(prefix)}


def scaled(pictures: tf.Tensor) -> tf.Tensor:
    """Turn uint8 N H W 3 into float32 in [-1, 1]."""
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


def _drawn(network: keras.Model, source: tf.Tensor) -> tf.Tensor:
    made = network(scaled(source) if source.dtype == tf.uint8 else source, training=False)
    levels = tf.round(tf.cast(made, tf.float32) * 127.5 + 127.5)
    return tf.cast(tf.clip_by_value(levels, 0.0, 255.0), tf.uint8)


def gan_loss(kind: str, logits: tf.Tensor, label: float) -> tf.Tensor:
    """What D loses where its logits N ... should say `label`: 1 real, 0 fake.

    lsgan, bce: distance from the label. hinge: how far they are from 1 or -1 on their side. Of two
    objectives, the logits N ... 2 are those of two heads, and each has its own.
    """
    logits = tf.cast(logits, tf.float32)
    if kind == "two-objective":
        bce, hinge = tf.unstack(logits, axis=-1)
        return 0.5 * (gan_loss("bce", bce, label) + gan_loss("hinge", hinge, label))
    if kind == "hinge":
        return tf.reduce_mean(tf.nn.relu(1 - logits if label > 0.5 else 1 + logits))
    if kind == "lsgan":
        return tf.reduce_mean(tf.math.squared_difference(logits, label))
    wanted = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits))


def fooling_loss(kind: str, logits: tf.Tensor) -> tf.Tensor:
    """What G loses where D's logits of its pictures are not those of real ones."""
    if kind == "two-objective":
        bce, hinge = tf.unstack(logits, axis=-1)
        return 0.5 * (fooling_loss("bce", bce) + fooling_loss("hinge", hinge))
    if kind == "hinge":
        return -tf.reduce_mean(tf.cast(logits, tf.float32))
    return gan_loss(kind, logits, 1.0)


def l1_loss(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference."""
    return tf.reduce_mean(tf.abs(tf.cast(a, tf.float32) - tf.cast(b, tf.float32)))


class Adam(keras.optimizers.Adam):
    """Kingma and Ba 2015, algorithm 1: epsilon beside the corrected second moment, as in PyTorch.

    Keras puts it beside the uncorrected one, which in early steps amounts to a larger epsilon.
    """

    def __init__(self, settings: Any, rate: float, *networks: keras.Model):
        super().__init__(
            rate,
            beta_1=settings.beta1,
            beta_2=settings.beta2,
            epsilon=settings.adam_epsilon,
            amsgrad=False,
        )
        self.weights = [
            slot.variable for net in networks for slot in slots(net) if slot.variable.trainable
        ]
        self.build(self.weights)

    def teach(self, tape: tf.GradientTape, loss: tf.Tensor) -> None:
        """Step down the gradient of `loss`."""
        gradients = tape.gradient(loss, self.weights)
        for i, weight in enumerate(self.weights):
            if gradients[i] is None and weight.name == "bias":  # a silent one
                gradients[i] = tf.zeros(weight.shape)
        self.apply(gradients, self.weights)

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        """One variable's update, in TensorFlow's fused kernel.

        The kernel gets no powers of beta: the correction is in `rate` and `epsilon`, which also
        take back that its 1 - beta_2, in float32, is off by 1e-5.
        """
        step = tf.cast(self.iterations + 1, tf.float64)
        left = math.sqrt((1 - float(np.float32(self.beta_2))) / (1 - self.beta_2)) * tf.sqrt(
            1 - tf.pow(tf.constant(self.beta_2, tf.float64), step)
        )
        rate = left / (1 - tf.pow(tf.constant(self.beta_1, tf.float64), step))
        place = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=0.0,
            beta2_power=0.0,
            lr=tf.cast(learning_rate, tf.float32) * tf.cast(rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=tf.cast(self.epsilon * left, tf.float32),
            grad=gradient,
        )

    def state(self) -> dict[str, np.ndarray]:
        """Moments and steps by the number of the weight, as PyTorch's Adam keeps them."""
        found = {}
        for i, moments in enumerate(zip(self._momentums, self._velocities, strict=True)):
            for name, moment in zip(("exp_avg", "exp_avg_sq"), moments, strict=True):
                found[f"{i}/{name}"] = to_torch(moment.numpy())
            found[f"{i}/step"] = np.array(self.iterations.numpy(), np.float32)
        return found if int(self.iterations) else {}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take back what `state` gave; nothing is the state before the first step."""
        for i, moments in enumerate(zip(self._momentums, self._velocities, strict=True)):
            for name, moment in zip(("exp_avg", "exp_avg_sq"), moments, strict=True):
                before = np.zeros(moment.shape, np.float32)
                moment.assign(from_torch(state[f"{i}/{name}"]) if state else before)
        self.iterations.assign(int(state["0/step"]) if state else 0)
