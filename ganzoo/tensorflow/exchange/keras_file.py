"""A generator as a .keras file of Keras' own layers alone: whoever opens it needs none of ours."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers as plain

from ganzoo.errors import InputError
from ganzoo.tensorflow import layers as ours

TOLERANCE = 1e-4  # between outputs in [-1, 1]; half a grey level is 4e-3
Made = keras.KerasTensor


def write(network: keras.Model, example: np.ndarray, path: Path) -> float:
    """Write it, open it again and draw: the largest difference from ours, of one and of several.

    `path` ends in .keras. InputError when it is more than rounding.
    """
    own = hasattr(network, "down") or hasattr(network, "stack")
    (rebuilt(network, example.shape[1:]) if own else network).save(path)
    try:
        again = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a plugin's network may hold layers that only the plugin knows
        raise InputError(
            f"Keras cannot open it without the plugin: {type(error).__name__}: {error}"
        ) from None
    alone = [network(tf.constant(one[None]), training=False).numpy() for one in example]
    worst = 0.0
    for count in (1, len(example)):
        made = again(tf.constant(example[:count]), training=False).numpy()
        worst = max(worst, float(np.abs(made - np.concatenate(alone[:count])).max()))
    if not worst <= TOLERANCE:
        raise InputError(f"Keras draws otherwise, by up to {worst:.2g} of 2: nothing is kept")
    return worst


def rebuilt(network: keras.Model, shape: tuple[int, ...]) -> keras.Model:
    """The same network of Keras' own layers, norms by the picture where ours go by it."""
    given = keras.Input(shape)
    if hasattr(network, "down"):
        made = _unet(network, given)
    elif len(shape) == 1:
        made = _stacked(network.stack, plain.Reshape((1, 1, *shape))(given))
    else:
        made = _stacked(network.stack, given)
    if (finish := getattr(network, "finish", None)) is not None:
        made = _finished(finish, made, given)
    if getattr(network, "residual", False):
        made = plain.Add()([given, made])
    return keras.Model(given, made)


def _unet(network: keras.Model, x: Made) -> Made:
    skips = []
    for layer in network.down:
        x = _stacked(layer, x)
        skips.append(x)
    x = _rectified(network.up[0].layers[0], None, skips.pop())
    for layer, after in zip(network.up, [*network.up[1:], network.out], strict=True):
        x = _rectified(after.layers[0], _stacked(layer, x, 1), skips.pop())
    return _stacked(network.out, x, 1)


def _finished(finish: keras.Model, x: Made, given: Made) -> Made:
    """The last layers at full size; the noise beside them is a bias of every place."""
    noise = finish.canvas.noise.numpy()[..., 0]  # S S K
    nothing = np.zeros((given.shape[-1], noise.shape[-1]), np.float32)
    canvas = plain.EinsumDense("nhwc,ck->nhwk", noise.shape, bias_axes="hwk")
    both = [x, given, canvas(given)]
    canvas.set_weights([nothing, noise])
    return _stacked(finish.stack, plain.Concatenate()(both))


def _rectified(kind: keras.Layer, own: Made | None, across: Made) -> Made:
    """A decoder's own features, and those from across as `kind` leaves them."""
    if isinstance(kind, ours.AcrossReLU):
        across = plain.LeakyReLU(kind.slope)(across)
    else:
        across = plain.ReLU()(across)
    return across if own is None else plain.Concatenate()([plain.ReLU()(own), across])


def _stacked(stack: keras.Sequential, x: Made, first: int = 0) -> Made:
    for layer in stack.layers[first:]:
        x = _applied(layer, x)
    return x


def _applied(layer: keras.Layer, x: Made) -> Made:
    for kind, apply in APPLIED.items():
        if isinstance(layer, kind):
            return apply(layer, x)
    raise InputError(f"{type(layer).__name__} has no counterpart among Keras' own layers")


def _filled(layer: keras.Layer, x: Made, *values: keras.Variable) -> Made:
    """Apply a fresh layer that has the values of ours."""
    made = layer(x)
    layer.set_weights([value.numpy() for value in values])
    return made


def _convolved(layer: ours.Conv, x: Made) -> Made:
    if layer.zeros:
        x = plain.ZeroPadding2D(layer.zeros)(x)
    biased = layer.use_bias and not layer.silent
    made = plain.Conv2D(layer.filters, layer.kernel_size, layer.strides, "valid", use_bias=biased)
    return _filled(made, x, layer.kernel, *([layer.bias] if biased else []))


def _resized(layer: ours.ResizeConv, x: Made) -> Made:
    return _convolved(layer, plain.UpSampling2D(2, interpolation=layer.mode)(x))


def _doubled(layer: ours.ConvTranspose, x: Made) -> Made:
    biased = layer.use_bias and not layer.silent
    padding = "same" if layer.cut == "SAME" else "valid"
    made = plain.Conv2DTranspose(
        layer.filters, layer.kernel_size, layer.strides, padding, use_bias=biased
    )
    x = _filled(made, x, layer.kernel, *([layer.bias] if biased else []))
    if isinstance(layer.cut, str):
        return x
    return plain.Cropping2D(tuple(map(tuple, layer.cut[1:3])))(x)


def _mirrored(layer: ours.ReflectionPad, x: Made) -> Made:
    around = [layer.padding, layer.padding]
    return keras.ops.pad(x, [[0, 0], around, around, [0, 0]], mode="reflect")


def _by_group(layer: ours.GroupNorm, x: Made) -> Made:
    made = plain.GroupNormalization(layer.groups, epsilon=layer.epsilon)
    return _filled(made, x, layer.gamma, layer.beta)


def _by_channel(layer: ours.InstanceNorm, x: Made) -> Made:
    return plain.GroupNormalization(-1, epsilon=layer.epsilon, center=False, scale=False)(x)


def _by_batch(layer: ours.BatchNorm, x: Made) -> Made:
    if layer.momentum is None:  # of one picture, as translators draw, the batch is the instance
        made = plain.GroupNormalization(-1, epsilon=layer.epsilon)
        return _filled(made, x, layer.gamma, layer.beta)
    made = plain.BatchNormalization(momentum=1 - layer.momentum, epsilon=layer.epsilon)
    return _filled(made, x, layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)


def _begun(layer: ours.DenseStart, x: Made) -> Made:
    x = _by_batch(layer.norm, _convolved(layer.dense, x))  # N 1 1 16C
    channels = x.shape[-1] // 16
    return plain.Permute((2, 3, 1))(plain.Reshape((channels, 4, 4))(x))


def _around(block: keras.Model, x: Made) -> Made:
    return plain.Add()([x, _stacked(block.stack, x)])


APPLIED = {  # the first that fits
    ours.ResizeConv: _resized,
    ours.Conv: _convolved,
    ours.ConvTranspose: _doubled,
    ours.ReflectionPad: _mirrored,
    ours.InstanceNorm: _by_channel,
    ours.GroupNorm: _by_group,
    ours.BatchNorm: _by_batch,
    ours.DenseStart: _begun,
    plain.ReLU: lambda layer, x: plain.ReLU()(x),
    plain.LeakyReLU: lambda layer, x: plain.LeakyReLU(layer.negative_slope)(x),
    plain.Activation: lambda layer, x: plain.Activation("tanh")(x),
    plain.Dropout: lambda layer, x: x,  # which is off where pictures are drawn
    keras.Model: _around,
}
