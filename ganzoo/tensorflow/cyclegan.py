"""CycleGAN: photographs to paintings and back, unpaired (Zhu et al. 2017, arXiv 1703.10593)."""

from dataclasses import asdict
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from ganzoo import draws
from ganzoo import settings as options
from ganzoo.tensorflow.augment import augment
from ganzoo.tensorflow.gan import GAN
from ganzoo.tensorflow.patchgan import PatchGAN
from ganzoo.tensorflow.restraint import Restraint, r1_is_due
from ganzoo.tensorflow.training import (
    GENERATE_BATCH,
    Adam,
    fooling_loss,
    gan_loss,
    l1_loss,
    scaled,
)
from ganzoo.trainer import Losses, Pictures, Task

PURPOSES = 7  # of draws in one lesson of D: the history's and six augmentations


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


class Drawn(NamedTuple):
    """All draws of one step; a list has D's lessons one after the other."""

    swaps: list[dict[str, dict[str, tf.Tensor]]]
    augmented: list[dict[str, tf.Tensor]]  # of each purpose


class CycleGAN(GAN):
    """Trainer of G: X -> Y, F: Y -> X and their discriminators; X photographs, Y paintings."""

    source = "pictures"

    def __init__(self, settings: options.CycleGAN, task: Task):
        super().__init__(settings, task)
        self.G, self.F = self.generator(), self.generator()
        self.D_X, self.D_Y = PatchGAN(settings, task.size), PatchGAN(settings, task.size)
        self.networks = {"G": self.G, "F": self.F, "D_X": self.D_X, "D_Y": self.D_Y}
        self.begin("G", "F")
        self.optimizers = {
            "G": Adam(settings, settings.learning_rate_g, self.G, self.F),
            "D": Adam(settings, settings.learning_rate_d, self.D_X, self.D_Y),
        }
        self.history = {side: History(settings.history, task.size) for side in "XY"}
        self.restraint = {side: Restraint(settings) for side in "XY"}
        self._learn = self.compiled(self.learn)

    def without_norms(self) -> list[tuple[keras.Layer, float]]:
        judges = (self.D_X, self.D_Y) if self.settings.d_norm == "none" else ()
        generators = (self.G, self.F) if self.settings.canvas else ()
        return [
            *((D, self.settings.slope) for D in judges),
            *((g.finish.stack.layers[0], 0.0) for g in generators),
        ]

    def step(self, source: Pictures, target: Pictures) -> Losses:
        s, count = self.settings, len(target)
        drawn = Drawn(
            [self.swaps(self.random(PURPOSES * lesson), count) for lesson in range(s.d_steps)],
            [
                draws.augmentation(self.random(purpose), s.augment, count, self.task.size)
                for purpose in range(PURPOSES * s.d_steps)
            ],
        )
        weights = np.array(s.lambdas(self.progress), np.float32)
        with_r1 = r1_is_due(s, self.steps)
        return self._learn(source, target, drawn, weights, self.pull(), with_r1)

    def swaps(self, random: np.random.Generator, count: int) -> dict[str, dict[str, np.ndarray]]:
        """Decide what becomes of the next `count` fakes of both sides."""
        return {side: self.history[side].draw(random, count) for side in "YX"}

    def learn(
        self,
        source: tf.Tensor,
        target: tf.Tensor,
        drawn: Drawn,
        weights: tf.Tensor,
        pull: tf.Tensor,
        with_r1: bool,
    ) -> dict[str, tf.Tensor]:
        x, y, s = scaled(source), scaled(target), self.settings
        lambda_cycle, lambda_identity = tf.unstack(weights)

        # Teach G and F: be taken for real, find the way back, leave the own domain alone.
        with tf.GradientTape() as of_g:
            own_y, own_x = ([y], [x]) if s.lambda_identity else ([], [])
            fake_y, *same_y = self.passes(self.G, s.norm, x, *own_y)
            fake_x, *same_x = self.passes(self.F, s.norm, y, *own_x)
            back_x, back_y = self.F(fake_y, training=True), self.G(fake_x, training=True)
            cycle = l1_loss(back_x, x) + l1_loss(back_y, y)
            identity = sum(map(l1_loss, same_y + same_x, own_y + own_x), tf.constant(0.0))
            fooled = self.fooled(self.D_Y, fake_y, drawn.augmented[1])
            fooled += self.fooled(self.D_X, fake_x, drawn.augmented[2])
            g_loss = fooled + lambda_cycle * cycle + lambda_identity * identity
        if s.update == "generators-first":
            self.optimizers["G"].teach(of_g, g_loss)

        # Teach D_X and D_Y to tell real from fakes, some of them remembered.
        for lesson, swaps in enumerate(drawn.swaps):
            shown_y = self.history["Y"].swap(fake_y, swaps["Y"])
            shown_x = self.history["X"].swap(fake_x, swaps["X"])
            augmented = drawn.augmented[PURPOSES * lesson :]
            with tf.GradientTape() as of_d:
                d_y, held_y = self.told_apart("Y", y, shown_y, augmented[3:], with_r1)
                d_x, held_x = self.told_apart("X", x, shown_x, augmented[5:], with_r1)
                d_loss = d_y + d_x + held_y + held_x
            if s.update == "together" and lesson == 0:
                self.optimizers["G"].teach(of_g, g_loss)
            self.optimizers["D"].teach(of_d, d_loss)
        self.follow(pull)
        return {"G": fooled, "cycle": cycle, "identity": identity, "D_Y": d_y, "D_X": d_x}

    def fooled(self, D: keras.Model, fake: tf.Tensor, drawn: dict[str, tf.Tensor]) -> tf.Tensor:
        """What a generator loses where `D` is not taken in."""
        s = self.settings
        return fooling_loss(s.loss, D(augment(fake, s.augment, drawn), training=True))

    def told_apart(
        self,
        side: str,
        real: tf.Tensor,
        fake: tf.Tensor,
        drawn: list[dict[str, tf.Tensor]],
        with_r1: bool,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Loss of a side's D, halved to slow it down, as in the paper; and what holds it back."""
        s, D = self.settings, self.networks[f"D_{side}"]
        real, fake = augment(real, s.augment, drawn[0]), augment(fake, s.augment, drawn[1])
        norm = s.norm if s.d_norm == "same" else "none"
        real_logits, fake_logits = self.passes(D, norm, real, fake)
        loss = 0.5 * (gan_loss(s.loss, real_logits, 1.0) + gan_loss(s.loss, fake_logits, 0.0))
        held = self.restraint[side].loss(
            lambda x: D(x, training=True), with_r1, real, real_logits, fake_logits
        )
        return loss, held

    def passes(self, network: keras.Model, norm: str, *batches: tf.Tensor) -> list[tf.Tensor]:
        """The network's outputs for several batches; in one pass unless its norm is per batch."""
        if norm == "batch":
            return [network(batch, training=True) for batch in batches]
        return tf.split(network(tf.concat(batches, axis=0), training=True), len(batches))

    def translate(self, network: keras.Model, source: Pictures) -> Pictures:
        """Draw with batch norm one at a time, so that no picture depends on its neighbours."""
        batch = 1 if self.settings.norm == "batch" else GENERATE_BATCH
        return self.draw(network, source, batch)

    def generate(self, source: Pictures) -> Pictures:
        return self.translate(self.shown("G"), source)

    def raw(self, source: Pictures) -> Pictures | None:
        return self.translate(self.G, source) if self.averages else None

    def reverse(self, target: Pictures) -> Pictures:
        return self.translate(self.shown("F"), target)

    def views(self, source: Pictures, target: Pictures) -> dict[str, Pictures]:
        """There and back from both sides, and what G does to a real painting."""
        reverse = self.reverse(target)
        return {
            "back": self.reverse(self.generate(source)),
            "identity": self.generate(target),
            "reverse": reverse,
            "reverse_back": self.generate(reverse),
        }

    def memory(self) -> dict[str, np.ndarray]:
        kept = {
            f"history_{side}": history.fakes.numpy()[: history.filled].transpose(0, 3, 1, 2)
            for side, history in self.history.items()
            if history.filled
        }
        if self.settings.lecam:
            kept |= {f"lecam_{side}": r.anchors.numpy() for side, r in self.restraint.items()}
        return kept

    def remember(self, arrays: dict[str, np.ndarray]) -> None:
        for side, history in self.history.items():
            kept = arrays.get(f"history_{side}", np.zeros((0, 3, *history.fakes.shape[1:3])))
            history.filled = len(kept)
            fakes = np.zeros(history.fakes.shape, np.float32)
            fakes[: len(kept)] = kept.transpose(0, 2, 3, 1)
            history.fakes.assign(fakes)
        for side, restraint in self.restraint.items():
            restraint.anchors.assign(arrays.get(f"lecam_{side}", restraint.anchors))
