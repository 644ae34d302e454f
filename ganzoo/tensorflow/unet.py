"""CycleGAN with the U-Net generator (Isola et al. 2017, arXiv 1611.07004)."""

import keras
import tensorflow as tf

from ganzoo import settings as options
from ganzoo.tensorflow.cyclegan import CycleGAN
from ganzoo.tensorflow.finish import Finish
from ganzoo.tensorflow.layers import SILENT, AcrossReLU, Conv, doubling, norm


class Generator(keras.Model):
    """Picture N H W 3 -> picture N H W 3 in [-1, 1]; each level hands its features across."""

    def __init__(self, s: options.CycleGANUNet, size: int):
        super().__init__(autocast=False)  # what is added to stays in float32
        self.residual = s.residual
        encoder, decoder = s.filters(size)
        bias = SILENT if s.norm == "instance" else False
        last = len(encoder) - 1
        self.down, self.up = [], []
        for i, width in enumerate(encoder):
            layers = [keras.layers.LeakyReLU(s.slope)] if i > 0 else []
            # At 1x1 there is nothing to normalise.
            normed = 0 < i < last or (i == last and s.bottleneck_norm)
            layers.append(Conv(width, 4, 2, 1, bias if normed else bool(bias)))  # N H/2^(i+1) W
            layers += [norm(s, width)] if normed else []
            self.down.append(keras.Sequential(layers, name=f"down.{i}"))
        own = 0
        for i, width in enumerate(decoder):
            layers = [
                rectifier(s, own),
                doubling(s, width, 4, bias),  # N H/2^(last-i) W
                norm(s, width),
            ]
            # The innermost layer never drops; the `dropout_layers` after it do.
            if s.dropout and 0 < i <= s.dropout_layers:
                layers.append(keras.layers.Dropout(s.dropout))
            self.up.append(keras.Sequential(layers, name=f"up.{i}"))
            own = width
        layers = [rectifier(s, own), doubling(s, s.width if s.canvas else 3, 4, True)]
        layers += [] if s.canvas else [keras.layers.Activation("tanh")]
        self.out = keras.Sequential(layers, name="out")
        self.finish = Finish(s, size) if s.canvas else None
        self(keras.Input((size, size, 3)))  # builds it

    def call(self, given: tf.Tensor, training: bool = False) -> tf.Tensor:
        x, skips = given, []
        for layer in self.down:
            x = layer(x, training=training)
            skips.append(x)
        skips.pop()
        for layer in self.up:
            x = tf.concat([layer(x, training=training), skips.pop()], axis=-1)
        made = self.out(x)
        made = made if self.finish is None else self.finish(made, given)
        return given + tf.cast(made, given.dtype) if self.residual else made


def rectifier(s: options.CycleGANUNet, own: int) -> keras.Layer:
    """What a decoder's features go through: the first `own` channels, then those from across."""
    return AcrossReLU(own, s.slope) if s.skips == "leaky" else keras.layers.ReLU()


class CycleGANUNet(CycleGAN):
    """CycleGAN between two U-Nets."""

    Settings = options.CycleGANUNet

    def generator(self) -> keras.Model:
        return Generator(self.settings, self.task.size)
