"""CycleGAN with the residual generator (Johnson et al. 2016, arXiv 1603.08155), the paper's own."""

import keras
import tensorflow as tf

from ganzoo import settings as options
from ganzoo.tensorflow.cyclegan import CycleGAN
from ganzoo.tensorflow.finish import Finish
from ganzoo.tensorflow.layers import SILENT, Conv, ReflectionPad, doubling, norm


class Block(keras.Model):
    """Two 3x3 convolutions and the way round them."""

    def __init__(self, s: options.CycleGANResNet, width: int):
        super().__init__()
        bias = SILENT if s.norm == "instance" else False
        layers = [
            ReflectionPad(1),
            Conv(width, 3, 1, 0, bias),
            norm(s, width),
            keras.layers.ReLU(),
            ReflectionPad(1),
            Conv(width, 3, 1, 0, bias),
            norm(s, width),
        ]
        self.stack = keras.Sequential(layers, name="layers")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return x + self.stack(x)


class Generator(keras.Model):
    """Picture N H W 3 -> picture N H W 3 in [-1, 1]: down twice, residual blocks, up twice."""

    def __init__(self, s: options.CycleGANResNet, size: int):
        super().__init__(autocast=False)  # what is added to stays in float32
        self.residual = s.residual
        bias = SILENT if s.norm == "instance" else False
        w, relu = s.width, keras.layers.ReLU
        layers = [ReflectionPad(3), Conv(w, 7, 1, 0, bias), norm(s, w), relu()]
        for width in (2 * w, 4 * w):  # N H/4 W/4 4W
            layers += [Conv(width, 3, 2, 1, bias), norm(s, width), relu()]
        layers += [Block(s, 4 * w) for _ in range(s.blocks)]
        for width in (2 * w, w):  # N H W W
            layers += [doubling(s, width, 3, bias), norm(s, width), relu()]
        if not s.canvas:
            layers += [ReflectionPad(3), Conv(3, 7, 1, 0, True), keras.layers.Activation("tanh")]
        self.stack = keras.Sequential(layers, name="layers")
        self.finish = Finish(s, size) if s.canvas else None
        self(keras.Input((size, size, 3)))  # builds it

    def call(self, x: tf.Tensor) -> tf.Tensor:
        made = self.stack(x)
        made = made if self.finish is None else self.finish(made, x)
        return x + tf.cast(made, x.dtype) if self.residual else made


class CycleGANResNet(CycleGAN):
    """CycleGAN between two residual generators."""

    Settings = options.CycleGANResNet

    def generator(self) -> keras.Model:
        return Generator(self.settings, self.task.size)
