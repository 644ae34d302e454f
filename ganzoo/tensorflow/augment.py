"""Differentiable augmentation of all that D sees (Zhao et al. 2020, arXiv 2006.10738)."""

from collections.abc import Mapping, Sequence

import tensorflow as tf


def augment(x: tf.Tensor, kinds: Sequence[str], drawn: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Change each picture of N H W 3 by `kinds`, in their order, letting gradients through.

    `drawn`: as of `ganzoo.draws.augmentation`.
    """
    x = tf.cast(x, tf.float32)
    for kind in kinds:
        x = KINDS[kind](x, drawn[kind])
    return x


def color(x: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
    """Shift brightness by up to 0.5, scale saturation by 0 to 2 and contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = tf.unstack(shares[..., None, None, None])
    x = x + (brightness - 0.5)
    grey = tf.reduce_mean(x, axis=-1, keepdims=True)
    x = grey + (x - grey) * (2 * saturation)
    mean = tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    return mean + (x - mean) * (0.5 + contrast)


def translation(x: tf.Tensor, corners: tf.Tensor) -> tf.Tensor:
    """Move by up to an eighth of the side each way, zeros moving in."""
    size = x.shape[1]
    reach = size // 8
    padded = tf.pad(x, [[0, 0], [reach, reach], [reach, reach], [0, 0]])
    places = corners[:, :, None] + tf.range(size)  # N 2 H
    rows = tf.gather(padded, places[:, 0], axis=1, batch_dims=1)
    return tf.gather(rows, places[:, 1], axis=2, batch_dims=1)


def cutout(x: tf.Tensor, centres: tf.Tensor) -> tf.Tensor:
    """Blank a square of half the side, anywhere, part of it perhaps outside."""
    quarter, places = x.shape[1] // 4, tf.range(x.shape[1])
    away = places - centres[:, :, None]  # N 2 H
    inside = (away >= -quarter) & (away < quarter)
    blank = inside[:, 0, :, None] & inside[:, 1, None, :]  # N H W
    return tf.where(blank[..., None], 0.0, x)


KINDS = {"color": color, "translation": translation, "cutout": cutout}
