"""The last layers at full size, and something for brush strokes to begin from."""

import keras
import tensorflow as tf

from ganzoo import draws
from ganzoo.settings import CycleGANResNet, CycleGANUNet
from ganzoo.tensorflow.layers import Conv
from ganzoo.tensorflow.weights import from_torch


class Canvas(keras.layers.Layer):
    """Pictures N S S C -> N S S C+K: with K channels of fixed noise, the same for all of them.

    Why: see ganzoo/pytorch/finish.py.
    """

    def __init__(self, channels: int, size: int):
        super().__init__(name="canvas")
        self.channels, self.size = channels, size

    def build(self, shape: tuple[int | None, ...]) -> None:
        drawn = from_torch(draws.canvas(self.channels, self.size))  # S S K 1
        start = keras.initializers.Constant(drawn)
        self.noise = self.add_weight(
            drawn.shape, start, "float32", trainable=False, autocast=False, name="noise"
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        noise = tf.cast(self.noise[None, ..., 0], x.dtype)
        repeated = tf.repeat(noise, tf.shape(x)[0], axis=0)
        return tf.concat([x, tf.ensure_shape(repeated, (x.shape[0], *noise.shape[1:]))], axis=-1)


class Finish(keras.Model):
    """Features N S S W and the picture N S S 3 that they are of -> N S S 3 in [-1, 1]."""

    def __init__(self, s: CycleGANUNet | CycleGANResNet, size: int):
        super().__init__(name="finish")
        self.canvas = Canvas(s.canvas, size)
        layers = [
            Conv(s.width, 3, 1, 1, True),
            keras.layers.ReLU(),
            Conv(3, 3, 1, 1, True),
            keras.layers.Activation("tanh"),
        ]
        self.stack = keras.Sequential(layers, name="layers")

    def call(self, features: tf.Tensor, picture: tf.Tensor) -> tf.Tensor:
        both = tf.concat([features, tf.cast(picture, features.dtype)], axis=-1)
        return self.stack(self.canvas(both))
