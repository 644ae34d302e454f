"""DCGAN: pictures from noise (Radford, Metz and Chintala 2016, arXiv 1511.06434)."""

import keras
import numpy as np
import tensorflow as tf

from ganzoo import draws, enlarge
from ganzoo import settings as options
from ganzoo.tensorflow.augment import augment
from ganzoo.tensorflow.gan import GAN
from ganzoo.tensorflow.layers import (
    BatchNorm,
    ConvTranspose,
    DenseStart,
    MinibatchStd,
    doubling,
    judging,
)
from ganzoo.tensorflow.restraint import Restraint, r1_is_due
from ganzoo.tensorflow.training import Adam, fooling_loss, gan_loss, scaled
from ganzoo.trainer import Losses, Noise, Pictures, Task


def _widths(width: int, size: int) -> list[int]:
    """Filters from the layer nearest the picture inwards, down to 4 by 4 pixels."""
    return [width * min(2**i, 8) for i in range(size.bit_length() - 3)]


class Generator(keras.Model):
    """Latent N Z -> picture N H W 3 in [-1, 1]."""

    def __init__(self, s: options.DCGAN, size: int):
        super().__init__()
        layers: list[keras.Layer] = []
        for i, width in enumerate(reversed(_widths(s.width, size))):
            if i == 0 and s.dense_start:  # N 4·2^i 4·2^i W
                layers.append(DenseStart(width, s.norm_epsilon, s.norm_momentum))
            else:
                first = ConvTranspose(width, 4, 1, 0, bias=False) if i == 0 else None
                layers.append(first or doubling(s, width, 4, False))
                layers.append(BatchNorm(s.norm_epsilon, s.norm_momentum))
            layers.append(keras.layers.ReLU())
        layers += [doubling(s, 3, 4, False), keras.layers.Activation("tanh")]
        self.stack = keras.Sequential(layers, name="layers")  # N H W 3
        self(keras.Input((s.latent,)))  # builds it

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.stack(z[:, None, None, :], training=training)


class Discriminator(keras.Model):
    """Picture N H W 3 -> logit N, real above zero; N 2 of two heads, for two objectives."""

    def __init__(self, s: options.DCGAN, size: int):
        super().__init__()
        layers: list[keras.Layer] = []
        for i, width in enumerate(_widths(s.width, size)):
            layers.append(judging(s, width, 4, 2, 1, bias=False))  # N H/2^(i+1) W
            if i > 0:
                layers.append(BatchNorm(s.norm_epsilon, s.norm_momentum))
            layers.append(keras.layers.LeakyReLU(s.slope))
            if s.dropout:
                layers.append(keras.layers.Dropout(s.dropout))
        if s.minibatch_std:
            layers.append(MinibatchStd())
        heads = 2 if s.loss == "two-objective" else 1
        layers.append(judging(s, heads, 4, 1, 0, bias=False))  # N 1 1 heads
        self.verdict = (-1, heads) if heads > 1 else (-1,)
        self.stack = keras.Sequential(layers, name="layers")
        self(keras.Input((size, size, 3)))  # builds it

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return tf.reshape(self.stack(x, training=training), self.verdict)


class DCGAN(GAN):
    """Trainer of both networks with the non-saturating loss."""

    source = "noise"
    Settings = options.DCGAN

    def __init__(self, settings: options.DCGAN, task: Task):
        super().__init__(settings, task)
        self.G = self.generator()
        self.D = Discriminator(settings, task.size)
        self.networks = {"G": self.G, "D": self.D}
        self.begin("G")
        self.optimizers = {
            "G": Adam(settings, settings.learning_rate_g, self.G),
            "D": Adam(settings, settings.learning_rate_d, self.D),
        }
        self.restraint = Restraint(settings)
        self._learn = self.compiled(self.learn)

    def generator(self) -> keras.Model:
        return Generator(self.settings, self.task.size)

    def step(self, source: Noise, target: Pictures) -> Losses:
        s, count, size = self.settings, len(target), self.task.size
        target = enlarge.enlarged(self.random(draws.ENLARGED), s.enlarge, target)
        drawn = [
            draws.augmentation(self.random(purpose), s.augment, count, size)
            for purpose in range(3 * s.d_steps)
        ]
        return self._learn(source, target, drawn, self.pull(), r1_is_due(s, self.steps))

    def learn(
        self,
        z: tf.Tensor,
        target: tf.Tensor,
        drawn: list[dict[str, tf.Tensor]],
        pull: tf.Tensor,
        with_r1: bool,
    ) -> dict[str, tf.Tensor]:
        real, s = scaled(target), self.settings
        with tf.GradientTape() as of_g:
            fake = self.G(z, training=True)

            # Teach D to tell real from fake.
            with of_g.stop_recording():
                for lesson in range(s.d_steps):
                    with tf.GradientTape() as of_d:
                        d_loss, held = self.told_apart(real, fake, drawn[3 * lesson :], with_r1)
                        d_all = d_loss + held
                    self.optimizers["D"].teach(of_d, d_all)

            # Teach G to be taken for real.
            g_loss = fooling_loss(s.loss, self.judge(fake, drawn[2]))
        self.optimizers["G"].teach(of_g, g_loss)
        self.follow(pull)
        return {"D": d_loss, "G": g_loss}

    def told_apart(
        self, real: tf.Tensor, fake: tf.Tensor, drawn: list[dict[str, tf.Tensor]], with_r1: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """D's loss, and what holds it back."""
        s = self.settings
        real_logits, fake_logits = self.judge(real, drawn[0]), self.judge(fake, drawn[1])
        loss = gan_loss(s.loss, real_logits, s.real_label) + gan_loss(s.loss, fake_logits, 0.0)
        held = self.restraint.loss(
            lambda x: self.judge(x, drawn[0]), with_r1, real, real_logits, fake_logits
        )
        return loss, held

    def judge(self, x: tf.Tensor, drawn: dict[str, tf.Tensor]) -> tf.Tensor:
        """D's logits of the pictures, augmented if the settings say so."""
        return self.D(augment(x, self.settings.augment, drawn), training=True)

    def generate(self, source: Noise) -> Pictures:
        return self.draw(self.shown("G"), source)

    def raw(self, source: Noise) -> Pictures | None:
        return self.draw(self.G, source) if self.averages else None

    def memory(self) -> dict[str, np.ndarray]:
        return {"lecam": self.restraint.anchors.numpy()} if self.settings.lecam else {}

    def remember(self, arrays: dict[str, np.ndarray]) -> None:
        self.restraint.anchors.assign(arrays.get("lecam", self.restraint.anchors))
