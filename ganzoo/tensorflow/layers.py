"""Layers with every default written out, where Keras' own differ from the papers' or are slow."""

import math
from collections.abc import Callable
from typing import Any, Final, Literal

import keras
import tensorflow as tf

from ganzoo.folding import FOLD, MANY

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
        return self.convolved(x, self.kernel)

    def convolved(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        even = x.shape[1] % 2 == 0 and x.shape[2] % 2 == 0
        same = even and (self.kernel_size, self.strides, self.zeros) == ((4, 4), (2, 2), 1)
        if self.zeros and not same:
            # As `padding` of the convolution itself, the step would take 1.6 times as long.
            around = [self.zeros, self.zeros]
            x = tf.pad(x, [[0, 0], around, around, [0, 0]])
        return self.biased(tf.nn.conv2d(x, kernel, self.strides, "SAME" if same else "VALID"))

    def biased(self, made: tf.Tensor) -> tf.Tensor:
        return tf.nn.bias_add(made, self.bias) if self.use_bias and not self.silent else made


class SpectralConv(Conv):
    """A convolution whose weight, as a matrix of filters, is divided by its largest singular value.

    Miyato et al. 2018, algorithm 1: one power iteration each time that it is met in training.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        super().build(shape)
        start = keras.initializers.Constant(self.filters**-0.5)
        self.u = self.add_weight(
            (self.filters,), start, "float32", trainable=False, autocast=False, name="u"
        )

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        kernel = tf.cast(self.kernel, tf.float32)
        matrix = tf.reshape(kernel, (-1, self.filters))  # (kernel kernel C) x filters
        held = tf.stop_gradient(matrix)
        v = _unit(tf.linalg.matvec(held, self.u))
        u = _unit(tf.linalg.matvec(held, v, transpose_a=True))
        if training:
            self.u.assign(u)
        largest = tf.tensordot(u, tf.linalg.matvec(matrix, v, transpose_a=True), 1)
        return self.convolved(x, tf.cast(kernel / largest, x.dtype))


def _unit(vector: tf.Tensor) -> tf.Tensor:
    """The vector at length 1; 0 stays 0."""
    return vector / tf.maximum(tf.norm(vector), 1e-12)


def judging(
    settings: Any, filters: int, kernel: int, stride: int, padding: int, bias: Bias
) -> Conv:
    """A convolution of a discriminator, held by its spectral norm if the settings say so."""
    kind = SpectralConv if settings.spectral_norm else Conv
    return kind(filters, kernel, stride, padding, bias)


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
        if self.mode == "nearest":
            pixels = (x.shape[0] or 1) * x.shape[1] * x.shape[2]
            if pixels >= MANY and x.dtype == tf.float32:  # bfloat16 would round the sums
                return self.biased(self.folded(x))
            # tf.image's has no XLA kernel
            return super().call(tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2))
        # In float32: XLA's gradient of it is wrong in bfloat16.
        size = 2 * x.shape[1], 2 * x.shape[2]
        made = tf.image.resize(tf.cast(x, tf.float32), size, self.mode, antialias=False)
        return super().call(tf.cast(made, x.dtype))

    def folded(self, x: tf.Tensor) -> tf.Tensor:
        """The same, without a bias: see ganzoo/folding.py."""
        c, filters = x.shape[-1], self.filters
        taps = tf.constant(FOLD.T) @ tf.reshape(self.kernel, (9, c * filters))
        kernel = tf.transpose(tf.reshape(taps, (4, 4, c, filters)), (0, 1, 3, 2))
        larger = tf.shape(x)[0], 2 * x.shape[1], 2 * x.shape[2], filters
        return tf.nn.conv2d_transpose(x, kernel, larger, 2, "SAME")


def doubling(settings: Any, filters: int, kernel: int, bias: Bias) -> keras.Layer:
    """N H W C -> N 2H 2W C', as `settings.upsample` says; `kernel` is the transposed one's."""
    if settings.upsample != "transposed":
        return ResizeConv(filters, settings.upsample, bias)
    return ConvTranspose(filters, kernel, 2, 1, bias)


class AcrossReLU(keras.layers.Layer):
    """ReLU of a decoder's own features, the first `own` channels; the encoder's stay leaky."""

    def __init__(self, own: int, slope: float):
        super().__init__()
        self.own, self.slope = own, slope

    def call(self, x: tf.Tensor) -> tf.Tensor:
        across = tf.nn.leaky_relu(x[..., self.own :], self.slope)
        return tf.concat([tf.nn.relu(x[..., : self.own]), across], axis=-1)


class MinibatchStd(keras.layers.Layer):
    """How much a batch varies, on average over channels and places, as one more channel.

    Karras et al. 2018, section 3, over the whole batch. N H W C -> N H W C+1.
    """

    def call(self, x: tf.Tensor) -> tf.Tensor:
        variance = tf.math.reduce_variance(tf.cast(x, tf.float32), axis=0)
        spread = tf.reduce_mean(tf.sqrt(variance + 1e-8))
        alike = tf.fill(tf.shape(x[..., :1]), tf.cast(spread, x.dtype))
        return tf.concat([x, tf.ensure_shape(alike, (*x.shape[:-1], 1))], axis=-1)


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


def norm(settings: Any, channels: int) -> keras.Layer:
    """Batch, instance or group norm, as `settings.norm` says.

    Batch norm takes its statistics from the pictures at hand, in generating as in training (Isola
    et al. 2017, section 3.4): running averages over G's inputs, its fakes among them, fit neither.
    """
    if settings.norm == "batch":
        return BatchNorm(settings.norm_epsilon, momentum=None)
    if settings.norm == "instance":
        return InstanceNorm(settings.norm_epsilon)
    return GroupNorm(math.gcd(settings.groups, channels), settings.norm_epsilon)


class DenseStart(keras.Model):
    """Latents N 1 1 Z -> N 4 4 C, each number normalised on its own."""

    def __init__(self, channels: int, epsilon: float, momentum: float):
        super().__init__()
        self.dense = Conv(16 * channels, 1, 1, 0, bias=False)
        self.norm = BatchNorm(epsilon, momentum)
        self.dense.name, self.norm.name = "dense", "norm"  # under which they are saved

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        numbers = self.norm(self.dense(z), training=training)  # N 1 1 16C, in PyTorch's order
        return tf.transpose(tf.reshape(numbers, (-1, numbers.shape[-1] // 16, 4, 4)), (0, 2, 3, 1))
