"""Layers with every default written out, where Keras' own differ from the papers' or are slow."""

from collections.abc import Callable
from typing import Final, Literal

import keras
import tensorflow as tf

# A bias before an instance norm: it is there, as in the paper's networks, and has no effect.
SILENT: Final = "silent"
Bias = bool | Literal["silent"]


class Conv(keras.layers.Conv2D):
    """A convolution with `padding` zeros on every side, whatever kernel, stride and size.

    Keras' `same` pads unevenly: that is the same only for kernel 4, stride 2 and even sizes.
    """

    def __init__(self, filters: int, kernel: int, stride: int, padding: int, bias: Bias):
        super().__init__(
            filters,
            kernel,
            stride,
            padding="valid",
            data_format="channels_last",
            use_bias=bool(bias),
            kernel_initializer="zeros",
            bias_initializer="zeros",
        )
        self.zeros, self.silent = padding, bias == SILENT

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        n, h, w, c = shape
        return super().compute_output_shape((n, h + 2 * self.zeros, w + 2 * self.zeros, c))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        even = x.shape[1] % 2 == 0 and x.shape[2] % 2 == 0
        same = even and (self.kernel_size, self.strides, self.zeros) == ((4, 4), (2, 2), 1)
        if self.zeros and not same:
            # As `padding` of the convolution itself, the step would take 1.6 times as long.
            around = [self.zeros, self.zeros]
            x = tf.pad(x, [[0, 0], around, around, [0, 0]])
        made = tf.nn.conv2d(x, self.kernel, self.strides, "SAME" if same else "VALID")
        return tf.nn.bias_add(made, self.bias) if self.use_bias and not self.silent else made


class ConvTranspose(keras.layers.Conv2DTranspose):
    """A transposed convolution: `padding` 0 makes 4x4 of 1x1; 1, with stride 2, doubles the size.

    At kernel 3 that cuts one row and column before and none behind, as PyTorch's output padding of
    1 does; `same` cuts behind.
    """

    def __init__(self, filters: int, kernel: int, stride: int, padding: int, bias: Bias):
        super().__init__(
            filters,
            kernel,
            stride,
            padding="same" if padding else "valid",
            data_format="channels_last",
            use_bias=bool(bias),
            kernel_initializer="zeros",
            bias_initializer="zeros",
        )
        self.silent = bias == SILENT
        cut = [padding, kernel - stride - padding]
        uneven = [[0, 0], cut, cut, [0, 0]]
        self.cut = {(4, 1): "SAME", (3, 1): uneven}.get((kernel, padding), "VALID")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        n, (_, *shape) = tf.shape(x)[0], self.compute_output_shape(x.shape)
        made = tf.nn.conv2d_transpose(x, self.kernel, (n, *shape), self.strides, self.cut)
        return tf.nn.bias_add(made, self.bias) if self.use_bias and not self.silent else made


class ResizeConv(Conv):
    """Twice the size, then a 3x3 convolution: no place is written more often than another."""

    def __init__(self, filters: int, mode: str, bias: Bias):
        super().__init__(filters, 3, 1, 1, bias)
        self.mode = mode

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        n, h, w, c = shape
        return super().compute_output_shape((n, 2 * h, 2 * w, c))

    def call(self, x: tf.Tensor) -> tf.Tensor:
        if self.mode == "nearest":  # tf.image's has no XLA kernel
            return super().call(tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2))
        # In float32: XLA's gradient of it is wrong in bfloat16.
        size = 2 * x.shape[1], 2 * x.shape[2]
        made = tf.image.resize(tf.cast(x, tf.float32), size, self.mode, antialias=False)
        return super().call(tf.cast(made, x.dtype))


class ReflectionPad(keras.layers.Layer):
    """Mirror the border, without repeating it: N H W C -> N H+2p W+2p C."""

    def __init__(self, padding: int):
        super().__init__()
        self.padding = padding

    def call(self, x: tf.Tensor) -> tf.Tensor:
        p = self.padding
        return tf.pad(x, [[0, 0], [p, p], [p, p], [0, 0]], "REFLECT")


SMALL_MAP = 16 * 16  # pixels, below which a few plain operations beat the fused kernel


def _standardised(x: tf.Tensor, axes: tuple[int, ...], epsilon: float) -> tf.Tensor:
    """Mean 0 and variance 1 over `axes`, in float32; Keras' own norms take twice the operations."""

    @tf.custom_gradient
    def by_hand(x: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        mean, variance = tf.nn.moments(x, axes, keepdims=True)
        scale = tf.math.rsqrt(variance + epsilon)
        y = (x - mean) * scale

        def gradient(dy: tf.Tensor) -> tf.Tensor:
            shift = tf.reduce_mean(dy, axes, keepdims=True)
            along = tf.reduce_mean(dy * y, axes, keepdims=True)
            return scale * (dy - shift - y * along)

        return y, gradient

    return tf.cast(by_hand(tf.cast(x, tf.float32)), x.dtype)


def _fused(
    x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Batch norm with its mean and unbiased variance: one kernel forth, one back."""
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=gamma, offset=beta, mean=[], variance=[], epsilon=epsilon, is_training=True
    )
    return y, mean, variance


class Affine(keras.layers.Layer):
    """What norm layers share: a scale and a shift for each channel, in float32."""

    def __init__(self, epsilon: float):
        super().__init__()
        self.epsilon = epsilon

    def vector(self, name: str, channels: int, start: str, learnt: bool = True) -> keras.Variable:
        return self.add_weight(
            (channels,), start, "float32", trainable=learnt, autocast=False, name=name
        )

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.gamma = self.vector("gamma", shape[-1], "ones")
        self.beta = self.vector("beta", shape[-1], "zeros")

    def affine(self, x: tf.Tensor) -> tf.Tensor:
        return x * tf.cast(self.gamma, x.dtype) + tf.cast(self.beta, x.dtype)


class BatchNorm(Affine):
    """Batch norm (Ioffe and Szegedy 2015), running variance unbiased as in PyTorch.

    `momentum`: share of the new batch in the running statistics; None keeps none, and the pictures
    at hand give the statistics in evaluation too.
    """

    def __init__(self, epsilon: float, momentum: float | None):
        super().__init__(epsilon)
        self.momentum = momentum

    def build(self, shape: tuple[int | None, ...]) -> None:
        super().build(shape)
        if self.momentum is not None:
            self.moving_mean = self.vector("moving_mean", shape[-1], "zeros", learnt=False)
            self.moving_variance = self.vector("moving_variance", shape[-1], "ones", learnt=False)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        if self.momentum is None:
            if _is_small(x):
                return self.affine(_standardised(x, (0, 1, 2), self.epsilon))
            return _fused(x, self.gamma, self.beta, self.epsilon)[0]
        if not training:
            scale = self.gamma * tf.math.rsqrt(self.moving_variance + self.epsilon)
            shift = self.beta - self.moving_mean * scale
            return x * tf.cast(scale, x.dtype) + tf.cast(shift, x.dtype)
        y, mean, variance = _fused(x, self.gamma, self.beta, self.epsilon)
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(kept + self.momentum * (new - kept))
        return y


class InstanceNorm(keras.layers.Layer):
    """Each channel of each picture by its own statistics (Ulyanov et al. 2016), not affine."""

    def __init__(self, epsilon: float):
        super().__init__()
        self.epsilon = epsilon

    def call(self, x: tf.Tensor) -> tf.Tensor:
        if x.shape[0] != 1 or _is_small(x):
            return _standardised(x, (1, 2), self.epsilon)
        channels = x.shape[-1]  # of one picture, the batch is the instance
        return _fused(x, tf.ones(channels), tf.zeros(channels), self.epsilon)[0]


class GroupNorm(Affine):
    """Groups of channels of each picture by their own statistics (Wu and He 2018)."""

    def __init__(self, groups: int, epsilon: float):
        super().__init__(epsilon)
        self.groups = groups

    def call(self, x: tf.Tensor) -> tf.Tensor:
        n, (h, w, c) = tf.shape(x)[0], x.shape[1:]
        grouped = tf.reshape(x, (n, h, w, self.groups, c // self.groups))
        made = _standardised(grouped, (1, 2, 4), self.epsilon)
        return self.affine(tf.ensure_shape(tf.reshape(made, (n, h, w, c)), x.shape))


def _is_small(x: tf.Tensor) -> bool:
    return x.shape[1] * x.shape[2] <= SMALL_MAP
