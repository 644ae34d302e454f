"""DCGAN: pictures from noise (Radford, Metz and Chintala 2016, arXiv 1511.06434)."""

import keras
import tensorflow as tf

from ganzoo import draws
from ganzoo import settings as options
from ganzoo.tensorflow.augment import augment
from ganzoo.tensorflow.layers import BatchNorm, Conv, ConvTranspose
from ganzoo.tensorflow.training import Adam, TensorFlowTrainer, doubling, gan_loss, scaled
from ganzoo.tensorflow.weights import init_normal
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
            first = ConvTranspose(width, 4, 1, 0, bias=False) if i == 0 else None
            layers += [
                first or doubling(s, width, 4, False),  # N 4·2^i 4·2^i W
                BatchNorm(s.norm_epsilon, s.norm_momentum),
                keras.layers.ReLU(),
            ]
        layers += [doubling(s, 3, 4, False), keras.layers.Activation("tanh")]
        self.stack = keras.Sequential(layers, name="layers")  # N H W 3
        self(keras.Input((s.latent,)))  # builds it

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.stack(z[:, None, None, :], training=training)


class Discriminator(keras.Model):
    """Picture N H W 3 -> logit N: real above zero."""

    def __init__(self, s: options.DCGAN, size: int):
        super().__init__()
        layers: list[keras.Layer] = []
        for i, width in enumerate(_widths(s.width, size)):
            layers.append(Conv(width, 4, 2, 1, bias=False))  # N H/2^(i+1) W
            if i > 0:
                layers.append(BatchNorm(s.norm_epsilon, s.norm_momentum))
            layers.append(keras.layers.LeakyReLU(s.slope))
            if s.dropout:
                layers.append(keras.layers.Dropout(s.dropout))
        layers.append(Conv(1, 4, 1, 0, bias=False))  # N 1 1 1
        self.stack = keras.Sequential(layers, name="layers")
        self(keras.Input((size, size, 3)))  # builds it

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return tf.reshape(self.stack(x, training=training), [-1])


class DCGAN(TensorFlowTrainer):
    """Trainer of both networks with the non-saturating loss."""

    source = "noise"
    Settings = options.DCGAN

    def __init__(self, settings: options.DCGAN, task: Task):
        super().__init__(settings, task)
        self.G = Generator(settings, task.size)
        self.D = Discriminator(settings, task.size)
        self.networks = {"G": self.G, "D": self.D}
        init_normal(self.networks.values(), settings.init_std, task.seed)
        self.optimizers = {
            "G": Adam(settings, settings.learning_rate_g, self.G),
            "D": Adam(settings, settings.learning_rate_d, self.D),
        }
        self._lesson = self.compiled(self.lesson)

    def step(self, source: Noise, target: Pictures) -> Losses:
        self.steps += 1
        kinds, count, size = self.settings.augment, len(target), self.task.size
        drawn = [draws.augmentation(self.random(i), kinds, count, size) for i in range(3)]
        return self._lesson(source, target, drawn)

    def lesson(
        self, z: tf.Tensor, target: tf.Tensor, drawn: list[dict[str, tf.Tensor]]
    ) -> dict[str, tf.Tensor]:
        real = scaled(target)
        with tf.GradientTape() as of_g:
            fake = self.G(z, training=True)

            # Teach D to tell real from fake.
            with of_g.stop_recording(), tf.GradientTape() as of_d:
                d_loss = gan_loss("bce", self.judge(real, drawn[0]), self.settings.real_label)
                d_loss += gan_loss("bce", self.judge(fake, drawn[1]), 0.0)
            with of_g.stop_recording():
                self.optimizers["D"].teach(of_d, d_loss)

            # Teach G to be taken for real.
            g_loss = gan_loss("bce", self.judge(fake, drawn[2]), 1.0)
        self.optimizers["G"].teach(of_g, g_loss)
        return {"D": d_loss, "G": g_loss}

    def judge(self, x: tf.Tensor, drawn: dict[str, tf.Tensor]) -> tf.Tensor:
        """D's logits of the pictures, augmented if the settings say so."""
        return self.D(augment(x, self.settings.augment, drawn), training=True)

    def generate(self, source: Noise) -> Pictures:
        return self.draw(self.G, source)
