"""The U-Net of the Keras tutorials, from its list of layers: what Kaggle's Monets begin with.

Written for the tests, apart from ganzoo's, so that one can be held against the other.
"""

import keras
import numpy as np
from keras import layers

DOWN = (1, 2, 4, 8, 8, 8, 8, 8)
UP = (8, 8, 8, 8, 4, 2, 1)


@keras.saving.register_keras_serializable("ganbench-tests")
class InstanceNormalization(layers.Layer):
    """As TensorFlow's examples have it: `scale` and `offset`, epsilon 1e-5."""

    def build(self, shape):
        self.scale = self.add_weight(shape[-1:], name="scale")
        self.offset = self.add_weight(shape[-1:], name="offset")

    def call(self, x):
        mean, variance = keras.ops.moments(x, axes=(1, 2), keepdims=True)
        return self.scale * (x - mean) / keras.ops.sqrt(variance + 1e-5) + self.offset


NORMS = {
    "instance": lambda: layers.GroupNormalization(groups=-1),  # as tensorflow-addons' is
    "example": InstanceNormalization,
    "batch": layers.BatchNormalization,
}


def down(width, norm, normed=True):
    block = keras.Sequential()
    block.add(layers.Conv2D(width, 4, strides=2, padding="same", use_bias=False))
    if normed:
        block.add(NORMS[norm]())
    block.add(layers.LeakyReLU())
    return block


def up(width, norm, dropout):
    block = keras.Sequential()
    block.add(layers.Conv2DTranspose(width, 4, strides=2, padding="same", use_bias=False))
    block.add(NORMS[norm]())
    if dropout:
        block.add(layers.Dropout(0.5))
    block.add(layers.ReLU())
    return block


def unet(width=64, norm="instance", size=256, dropout=True):
    depth = size.bit_length() - 1
    going_down = DOWN[: depth - 1] + DOWN[-1:]
    coming_up = UP[len(UP) - depth + 1 :]
    x = given = layers.Input((size, size, 3))
    across = []
    for i, times in enumerate(going_down):
        x = down(width * times, norm, i > 0)(x)
        across.append(x)
    for i, (times, skip) in enumerate(zip(coming_up, across[-2::-1], strict=True)):
        x = layers.Concatenate()([up(width * times, norm, dropout and i < 3)(x), skip])
    last = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")
    return keras.Model(given, last(x))


def at_random(network, seed=0):
    """Weights and statistics that nobody would have by chance."""
    random = np.random.default_rng(seed)
    for variable in network.variables:
        if variable.dtype != "float32":
            continue
        name, shape = variable.path.rpartition("/")[2], variable.shape
        if name == "moving_variance":
            variable.assign(random.uniform(0.5, 2, shape))
        else:
            mean = 1.0 if name in ("gamma", "scale") else 0.0
            spread = 0.2 if len(shape) == 1 else 0.1
            variable.assign(random.normal(mean, spread, shape))
    return network
