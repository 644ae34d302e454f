"""PatchGAN discriminator: one verdict for each overlapping patch (Isola et al. 2017)."""

import keras
import tensorflow as tf

from ganzoo.settings import CycleGAN
from ganzoo.tensorflow.layers import SILENT, judging, norm


class PatchGAN(keras.Model):
    """Picture N H W 3 -> logits N H/8-2 W/8-2 1 with three stride-2 layers: 70x70 patches.

    Two heads, for two objectives, give N ... 2.
    """

    def __init__(self, s: CycleGAN, size: int):
        super().__init__()
        normed = s.d_norm == "same"
        bias = (SILENT if s.norm == "instance" else False) if normed else True
        layers: list[keras.Layer] = []
        for i in range(s.d_layers + 1):
            width = s.d_width * min(2**i, 8)
            stride = 2 if i < s.d_layers else 1
            layers.append(judging(s, width, 4, stride, 1, bias if i > 0 else True))
            layers += [norm(s, width)] if i > 0 and normed else []
            layers.append(keras.layers.LeakyReLU(s.slope))
        heads = 2 if s.loss == "two-objective" else 1
        layers.append(judging(s, heads, 4, 1, 1, bias=True))
        self.stack = keras.Sequential(layers, name="layers")
        self(keras.Input((size, size, 3)))  # builds it

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.stack(x, training=training)
