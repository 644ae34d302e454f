"""CycleGAN: photographs to paintings and back, unpaired (Zhu et al. 2017, arXiv 1703.10593)."""

from dataclasses import asdict

import keras
import numpy as np
import tensorflow as tf

from ganzoo import draws
from ganzoo import settings as options
from ganzoo.tensorflow.patchgan import PatchGAN
from ganzoo.tensorflow.training import (
    GENERATE_BATCH,
    Adam,
    TensorFlowTrainer,
    gan_loss,
    l1_loss,
    scaled,
)
from ganzoo.tensorflow.weights import init_normal, silence_last
from ganzoo.trainer import Losses, Pictures, Task


class History:
    """The last fakes: once full, half of what D sees is older (Shrivastava et al. 2017)."""

    def __init__(self, size: int, picture: int):
        self.size, self.filled = size, 0
        self.fakes = tf.Variable(tf.zeros((size, picture, picture, 3)), trainable=False)

    def draw(self, random: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        """Decide what becomes of the next `count` fakes."""
        drawn = draws.swaps(random, self.filled, self.size, count)
        self.filled = min(self.size, self.filled + count)
        return asdict(drawn)

    def swap(self, fakes: tf.Tensor, drawn: dict[str, tf.Tensor]) -> tf.Tensor:
        """Remember the fakes N H W 3 and give back as many, old and new."""
        if not self.size:
            return fakes
        shown = []
        for i in range(fakes.shape[0]):
            place, fake = drawn["place"][i], tf.cast(fakes[i], tf.float32)
            old = self.fakes.sparse_read(place)  # not the whole history
            self.fakes.scatter_update(
                tf.IndexedSlices(tf.where(drawn["stored"][i], fake, old), place)
            )
            shown.append(tf.where(drawn["shown"][i], old, fake))
        return tf.stack(shown)


class CycleGAN(TensorFlowTrainer):
    """Trainer of G: X -> Y, F: Y -> X and their discriminators; X photographs, Y paintings."""

    source = "pictures"

    def __init__(self, settings: options.CycleGAN, task: Task):
        super().__init__(settings, task)
        self.G, self.F = self.generator(), self.generator()
        self.D_X, self.D_Y = PatchGAN(settings, task.size), PatchGAN(settings, task.size)
        self.networks = {"G": self.G, "F": self.F, "D_X": self.D_X, "D_Y": self.D_Y}
        init_normal(self.networks.values(), settings.init_std, task.seed)
        if settings.residual:
            silence_last(self.G, self.F)
        self.optimizers = {
            "G": Adam(settings, settings.learning_rate_g, self.G, self.F),
            "D": Adam(settings, settings.learning_rate_d, self.D_X, self.D_Y),
        }
        self.history = {side: History(settings.history, task.size) for side in "XY"}
        self._lesson = self.compiled(self.lesson)

    def generator(self) -> keras.Model:
        """A new generator; each architecture has its own file."""
        raise NotImplementedError

    def schedule(self, progress: float) -> None:
        """Let the learning rates fall linearly to 0 after `decay_from` of the budget."""
        s = self.settings
        scale = min(1.0, (1 - progress) / (1 - s.decay_from)) if s.decay_from < 1 else 1.0
        self.set_learning_rate(scale, G=s.learning_rate_g, D=s.learning_rate_d)

    def step(self, source: Pictures, target: Pictures) -> Losses:
        self.steps += 1
        random = self.random(purpose=0)
        swaps = {side: self.history[side].draw(random, len(target)) for side in "YX"}
        return self._lesson(source, target, swaps)

    def lesson(
        self, source: tf.Tensor, target: tf.Tensor, swaps: dict[str, dict[str, tf.Tensor]]
    ) -> dict[str, tf.Tensor]:
        x, y, s = scaled(source), scaled(target), self.settings

        # Teach G and F: be taken for real, find the way back, leave the own domain alone.
        with tf.GradientTape() as of_g:
            own_y, own_x = ([y], [x]) if s.lambda_identity else ([], [])
            fake_y, *same_y = self.passes(self.G, x, *own_y)
            fake_x, *same_x = self.passes(self.F, y, *own_x)
            back_x, back_y = self.F(fake_y, training=True), self.G(fake_x, training=True)
            cycle = l1_loss(back_x, x) + l1_loss(back_y, y)
            identity = sum(map(l1_loss, same_y + same_x, own_y + own_x), tf.constant(0.0))
            fooled = gan_loss(s.loss, self.D_Y(fake_y), 1.0) + gan_loss(
                s.loss, self.D_X(fake_x), 1.0
            )
            g_loss = fooled + s.lambda_cycle * cycle + s.lambda_identity * identity
        if s.update == "generators-first":
            self.optimizers["G"].teach(of_g, g_loss)

        # Teach D_X and D_Y to tell real from fakes, some of them remembered.
        shown_y = self.history["Y"].swap(fake_y, swaps["Y"])
        shown_x = self.history["X"].swap(fake_x, swaps["X"])
        with tf.GradientTape() as of_d:
            d_y, d_x = self.told_apart(self.D_Y, y, shown_y), self.told_apart(self.D_X, x, shown_x)
            d_loss = d_y + d_x
        if s.update == "together":
            self.optimizers["G"].teach(of_g, g_loss)
        self.optimizers["D"].teach(of_d, d_loss)
        return {"G": fooled, "cycle": cycle, "identity": identity, "D_Y": d_y, "D_X": d_x}

    def told_apart(self, D: keras.Model, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """D's loss, halved to slow it down, as in the paper."""
        kind = self.settings.loss
        real_logits, fake_logits = self.passes(D, real, fake)
        return 0.5 * (gan_loss(kind, real_logits, 1.0) + gan_loss(kind, fake_logits, 0.0))

    def passes(self, network: keras.Model, *batches: tf.Tensor) -> list[tf.Tensor]:
        """The network's outputs for several batches; in one pass where the norm is per picture."""
        if self.settings.norm == "batch":
            return [network(batch, training=True) for batch in batches]
        return tf.split(network(tf.concat(batches, axis=0), training=True), len(batches))

    def translate(self, network: keras.Model, source: Pictures) -> Pictures:
        """Draw with batch norm one at a time, so that no picture depends on its neighbours."""
        batch = 1 if self.settings.norm == "batch" else GENERATE_BATCH
        return self.draw(network, source, batch)

    def generate(self, source: Pictures) -> Pictures:
        return self.translate(self.G, source)

    def views(self, source: Pictures, target: Pictures) -> dict[str, Pictures]:
        """There and back from both sides, and what G does to a real painting."""
        reverse = self.translate(self.F, target)
        return {
            "back": self.translate(self.F, self.generate(source)),
            "identity": self.generate(target),
            "reverse": reverse,
            "reverse_back": self.generate(reverse),
        }

    def memory(self) -> dict[str, np.ndarray]:
        return {
            f"history_{side}": history.fakes.numpy()[: history.filled].transpose(0, 3, 1, 2)
            for side, history in self.history.items()
            if history.filled
        }

    def remember(self, arrays: dict[str, np.ndarray]) -> None:
        for side, history in self.history.items():
            kept = arrays.get(f"history_{side}", np.zeros((0, 3, *history.fakes.shape[1:3])))
            history.filled = len(kept)
            fakes = np.zeros(history.fakes.shape, np.float32)
            fakes[: len(kept)] = kept.transpose(0, 2, 3, 1)
            history.fakes.assign(fakes)
