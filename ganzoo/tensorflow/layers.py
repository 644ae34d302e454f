"""Layers with every default written out, where Keras' own differ from the papers' or are slow."""

import keras
import tensorflow as tf

# What PyTorch does inside its convolutions.
PADDING = (keras.layers.ZeroPadding2D, keras.layers.Cropping2D)


def conv(
    filters: int, kernel: int, stride: int, padding: int, bias: bool
) -> tuple[keras.Layer, ...]:
    """A convolution with `padding` zeros on every side.

    That is what `same` means for kernel 4, stride 2 and an even size alone; at kernel 3, stride 2
    it would pad on the right and below only.
    """
    same = (kernel, stride, padding) == (4, 2, 1)
    layer = keras.layers.Conv2D(
        filters,
        kernel,
        stride,
        padding="same" if same else "valid",
        use_bias=bias,
        kernel_initializer="zeros",
        bias_initializer="zeros",
    )
    return (layer,) if same or not padding else (keras.layers.ZeroPadding2D(padding), layer)


def conv_transpose(
    filters: int, kernel: int, stride: int, padding: int, bias: bool
) -> tuple[keras.Layer, ...]:
    """A transposed convolution: kernel 4, stride 2 or kernel 3, stride 2 double the size."""
    same = (kernel, stride, padding) == (4, 2, 1)
    layer = keras.layers.Conv2DTranspose(
        filters,
        kernel,
        stride,
        padding="same" if same else "valid",
        use_bias=bias,
        kernel_initializer="zeros",
        bias_initializer="zeros",
    )
    if same or not padding:
        return (layer,)
    cut = (padding, kernel - stride - padding)  # before and behind, down to twice the size
    return (layer, keras.layers.Cropping2D((cut, cut)))


class ReflectionPad(keras.layers.Layer):
    """Mirror the border, without repeating it: N H W C -> N H+2p W+2p C."""

    def __init__(self, padding: int):
        super().__init__()
        self.padding = padding

    def call(self, x: tf.Tensor) -> tf.Tensor:
        p = self.padding
        return tf.pad(x, [[0, 0], [p, p], [p, p], [0, 0]], "REFLECT")


def _normalised(
    x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Normalise over N, H and W; with mean and unbiased variance. One kernel forth, one back.

    Keras' own norm layers take some ten operations each; on a CPU that is half of a step.
    """
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=gamma, offset=beta, mean=[], variance=[], epsilon=epsilon, is_training=True
    )
    return y, mean, variance


class BatchNorm(keras.layers.Layer):
    """Batch norm (Ioffe and Szegedy 2015), running variance unbiased as in PyTorch.

    `momentum`: share of the new batch in the running statistics; None keeps none, and the pictures
    at hand give the statistics in evaluation too.
    """

    def __init__(self, epsilon: float, momentum: float | None):
        super().__init__()
        self.epsilon, self.momentum = epsilon, momentum

    def build(self, shape: tuple[int | None, ...]) -> None:
        def vector(name: str, start: str, trainable: bool) -> keras.Variable:
            return self.add_weight(
                (shape[-1],),
                start,
                dtype="float32",
                trainable=trainable,
                autocast=False,
                name=name,
            )

        self.gamma = vector("gamma", "ones", True)
        self.beta = vector("beta", "zeros", True)
        if self.momentum is not None:
            self.moving_mean = vector("moving_mean", "zeros", False)
            self.moving_variance = vector("moving_variance", "ones", False)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        if self.momentum is None:
            return _normalised(x, self.gamma, self.beta, self.epsilon)[0]
        if not training:
            scale = self.gamma * tf.math.rsqrt(self.moving_variance + self.epsilon)
            shift = self.beta - self.moving_mean * scale
            return x * tf.cast(scale, x.dtype) + tf.cast(shift, x.dtype)
        y, mean, variance = _normalised(x, self.gamma, self.beta, self.epsilon)
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(kept + self.momentum * (new - kept))
        return y


class InstanceNorm(keras.layers.Layer):
    """Each channel of each picture by its own statistics (Ulyanov et al. 2016), not affine."""

    def __init__(self, epsilon: float):
        super().__init__()
        self.epsilon = epsilon

    def call(self, x: tf.Tensor) -> tf.Tensor:
        if x.shape[0] == 1:
            return _normalised(x, *_plain(x.shape[-1]), self.epsilon)[0]
        n, h, w, c = tf.unstack(tf.shape(x))
        own = tf.reshape(tf.transpose(x, (1, 2, 0, 3)), (1, h, w, n * c))  # a channel each
        y, *_ = _normalised(own, *_plain(n * c), self.epsilon)
        return tf.ensure_shape(tf.transpose(tf.reshape(y, (h, w, n, c)), (2, 0, 1, 3)), x.shape)


def _plain(channels: int | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Scale 1 and shift 0: not affine."""
    return tf.ones(channels), tf.zeros(channels)
