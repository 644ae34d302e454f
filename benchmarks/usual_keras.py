"""DCGAN and CycleGAN as one writes them after the Keras documentation, trained by `fit`.

The networks have the filters, kernels and number of weights of `ganzoo.tensorflow`, and take its
settings: rates, losses, lambdas, norm, batch. What else differs is the documentation's way, and
moves the ratio of speeds (ours to theirs) as noted: up is in our favour.

DCGAN
- G draws twice a step, once for D's lesson and once for its own; ours once. Up.
- D judges real and fake as one batch of twice the size; ours one after the other. Down.
- G begins and D ends with a dense layer; ours with convolutions over 4 by 4 pixels. Down, a little.
- The noise is drawn in the graph; ours in numpy, to be the same in every framework. Down, a little.

CycleGAN
- One persistent tape and four optimisers after it, no remembered fakes: our update="together",
  history=0. Our own default teaches G first and keeps 50 fakes, so D judges the fakes once more:
  six passes forward instead of four. Down.
- Each generator is taught its own half of the cycle loss. In reverse that saves the first
  convolution's step to its input. Down, a little.
- Convolutions without bias under affine norms; ours with bias under plain ones. Nothing, nearly.

Both
- Kernels may differ from run to run; ours are told to be reproducible. Down, under what can be
  measured. XLA is on neither side: on CPUs alone Keras' `jit_compile="auto"` leaves it out.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

AUTOTUNE = tf.data.AUTOTUNE


def feed(pictures: np.ndarray) -> tf.data.Dataset:
    """One domain, shuffled and mirrored anew each epoch: float32 H W 3 in [-1, 1]."""

    def prepared(picture: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.image.random_flip_left_right(picture), tf.float32) / 127.5 - 1.0

    found = tf.data.Dataset.from_tensor_slices(pictures)
    return found.shuffle(len(pictures)).repeat().map(prepared, num_parallel_calls=AUTOTUNE)


def batched(dataset: tf.data.Dataset, size: int) -> tf.data.Dataset:
    return dataset.batch(size, drop_remainder=True).prefetch(AUTOTUNE)


def adam(s: Any, rate: float) -> keras.optimizers.Adam:
    return keras.optimizers.Adam(rate, beta_1=s.beta1, beta_2=s.beta2, epsilon=s.adam_epsilon)


def initial(s: Any) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=s.init_std)


def dcgan_generator(s: Any, size: int) -> keras.Model:
    """Latent N Z -> picture N H W 3."""
    widths = [s.width * min(2**i, 8) for i in range(size.bit_length() - 3)]
    z = keras.Input((s.latent,))
    x = layers.Dense(4 * 4 * widths[-1], use_bias=False, kernel_initializer=initial(s))(z)
    x = layers.Reshape((4, 4, widths[-1]))(x)
    x = _normed(s, x)
    for width in reversed(widths[:-1]):
        x = _normed(s, _conv(s, width, 4, 2, layers.Conv2DTranspose)(x))
    x = _conv(s, 3, 4, 2, layers.Conv2DTranspose, activation="tanh")(x)
    return keras.Model(z, x, name="generator")


def _normed(s: Any, x: Any) -> Any:
    x = layers.BatchNormalization(momentum=1 - s.norm_momentum, epsilon=s.norm_epsilon)(x)
    return layers.ReLU()(x)


def _conv(
    s: Any, width: int, kernel: int, stride: int, kind: type = layers.Conv2D, **more: Any
) -> keras.Layer:
    more = {"padding": "same", "use_bias": False} | more
    return kind(width, kernel, stride, kernel_initializer=initial(s), **more)


def dcgan_discriminator(s: Any, size: int) -> keras.Model:
    """Picture N H W 3 -> logit N 1."""
    x = picture = keras.Input((size, size, 3))
    for i in range(size.bit_length() - 3):
        x = _conv(s, s.width * min(2**i, 8), 4, 2)(x)
        if i > 0:
            x = layers.BatchNormalization(momentum=1 - s.norm_momentum, epsilon=s.norm_epsilon)(x)
        x = layers.LeakyReLU(s.slope)(x)
        if s.dropout:
            x = layers.Dropout(s.dropout)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1, use_bias=False, kernel_initializer=initial(s))(x)
    return keras.Model(picture, x, name="discriminator")


class DCGAN(keras.Model):
    """The example that overrides `train_step`."""

    def __init__(self, s: Any, size: int):
        super().__init__()
        self.latent, self.real_label = s.latent, s.real_label
        self.generator = dcgan_generator(s, size)
        self.discriminator = dcgan_discriminator(s, size)
        self.random = keras.random.SeedGenerator(0)

    def compile(self, d_optimizer: Any, g_optimizer: Any, loss_fn: Any, **more: Any) -> None:
        super().compile(**more)
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn
        self.d_metric = keras.metrics.Mean(name="D")
        self.g_metric = keras.metrics.Mean(name="G")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self.d_metric, self.g_metric]

    def train_step(self, real: tf.Tensor) -> dict[str, tf.Tensor]:
        n = tf.shape(real)[0]
        shown = tf.concat([self.generator(self.noise(n), training=True), real], axis=0)
        labels = tf.concat([tf.zeros((n, 1)), tf.fill((n, 1), self.real_label)], axis=0)
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(shown, training=True))
        self.descend(self.d_optimizer, self.discriminator, tape, d_loss)
        latents = self.noise(n)
        with tf.GradientTape() as tape:
            fake = self.generator(latents, training=True)
            verdict = self.discriminator(fake, training=True)
            g_loss = self.loss_fn(tf.ones((n, 1)), verdict)
        self.descend(self.g_optimizer, self.generator, tape, g_loss)
        self.d_metric.update_state(d_loss)
        self.g_metric.update_state(g_loss)
        return {"D": self.d_metric.result(), "G": self.g_metric.result()}

    def noise(self, count: tf.Tensor) -> tf.Tensor:
        return keras.random.normal((count, self.latent), seed=self.random)

    def descend(self, optimizer: Any, network: Any, tape: tf.GradientTape, loss: Any) -> None:
        gradients = tape.gradient(loss, network.trainable_weights)
        optimizer.apply_gradients(zip(gradients, network.trainable_weights, strict=True))


def dcgan(s: Any, pictures: np.ndarray, **how: Any) -> tuple[keras.Model, tf.data.Dataset]:
    """The model, compiled, and its endless data; `how` goes to `compile`."""
    model = DCGAN(s, pictures.shape[1])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(adam(s, s.learning_rate_d), adam(s, s.learning_rate_g), loss, **how)
    return model, batched(feed(pictures), s.batch)


class ReflectionPadding2D(layers.Layer):
    """Mirror the border: N H W C -> N H+2p W+2p C."""

    def __init__(self, padding: int):
        super().__init__()
        self.padding = padding

    def call(self, x: tf.Tensor) -> tf.Tensor:
        around = [self.padding, self.padding]
        return tf.pad(x, [[0, 0], around, around, [0, 0]], mode="REFLECT")


def _instance_norm(s: Any) -> keras.Layer:
    return layers.GroupNormalization(groups=-1, epsilon=s.norm_epsilon)


def _block(s: Any, x: Any) -> Any:
    y = _conv(s, x.shape[-1], 3, 1, padding="valid")(ReflectionPadding2D(1)(x))
    y = layers.ReLU()(_instance_norm(s)(y))
    y = _conv(s, x.shape[-1], 3, 1, padding="valid")(ReflectionPadding2D(1)(y))
    return layers.add([x, _instance_norm(s)(y)])


def resnet_generator(s: Any, size: int) -> keras.Model:
    """Picture N H W 3 -> picture N H W 3."""
    w = s.width
    picture = keras.Input((size, size, 3))
    x = _conv(s, w, 7, 1, padding="valid")(ReflectionPadding2D(3)(picture))
    x = layers.ReLU()(_instance_norm(s)(x))
    for width in (2 * w, 4 * w):
        x = layers.ReLU()(_instance_norm(s)(_conv(s, width, 3, 2)(x)))
    for _ in range(s.blocks):
        x = _block(s, x)
    for width in (2 * w, w):
        x = layers.ReLU()(_instance_norm(s)(_conv(s, width, 3, 2, layers.Conv2DTranspose)(x)))
    x = ReflectionPadding2D(3)(x)
    x = _conv(s, 3, 7, 1, padding="valid", use_bias=True, activation="tanh")(x)
    return keras.Model(picture, x)


def patchgan(s: Any, size: int) -> keras.Model:
    """Picture N H W 3 -> logits of overlapping patches."""
    picture = keras.Input((size, size, 3))
    x = layers.LeakyReLU(s.slope)(_conv(s, s.d_width, 4, 2, use_bias=True)(picture))
    for i in range(1, s.d_layers + 1):
        width = s.d_width * min(2**i, 8)
        x = _conv(s, width, 4, 2)(x) if i < s.d_layers else _last_conv(s, x, width, False)
        x = layers.LeakyReLU(s.slope)(_instance_norm(s)(x))
    return keras.Model(picture, _last_conv(s, x, 1, True))


def _last_conv(s: Any, x: Any, width: int, bias: bool) -> Any:
    """Stride 1 behind a border of one zero, as in the pix2pix tutorial: one pixel is lost."""
    return _conv(s, width, 4, 1, padding="valid", use_bias=bias)(layers.ZeroPadding2D(1)(x))


class CycleGAN(keras.Model):
    """The CycleGAN example: G: X -> Y, F: Y -> X."""

    def __init__(self, s: Any, size: int):
        super().__init__()
        self.G, self.F = resnet_generator(s, size), resnet_generator(s, size)
        self.D_X, self.D_Y = patchgan(s, size), patchgan(s, size)
        self.lambda_cycle, self.lambda_identity = s.lambda_cycle, s.lambda_identity

    def compile(self, optimizers: dict[str, Any], adversarial: Any, **more: Any) -> None:
        super().compile(**more)
        self.optimizers, self.adversarial = optimizers, adversarial
        self.l1 = keras.losses.MeanAbsoluteError()

    def train_step(self, batch: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        x, y = batch
        with tf.GradientTape(persistent=True) as tape:
            fake_y, fake_x = self.G(x, training=True), self.F(y, training=True)
            back_x, back_y = self.F(fake_y, training=True), self.G(fake_x, training=True)
            told_x, told_y = self.D_X(fake_x, training=True), self.D_Y(fake_y, training=True)
            real_x, real_y = self.D_X(x, training=True), self.D_Y(y, training=True)
            losses = {
                "G": self.generator_loss(told_y, y, back_y, self.G),
                "F": self.generator_loss(told_x, x, back_x, self.F),
                "D_X": self.discriminator_loss(real_x, told_x),
                "D_Y": self.discriminator_loss(real_y, told_y),
            }
        weights = {name: getattr(self, name).trainable_weights for name in losses}
        gradients = {name: tape.gradient(losses[name], weights[name]) for name in losses}
        for name, optimizer in self.optimizers.items():
            optimizer.apply_gradients(zip(gradients[name], weights[name], strict=True))
        return losses

    def generator_loss(self, told: Any, real: Any, back: Any, network: keras.Model) -> tf.Tensor:
        loss = self.adversarial(tf.ones_like(told), told) + self.lambda_cycle * self.l1(real, back)
        if self.lambda_identity:
            loss += self.lambda_identity * self.l1(real, network(real, training=True))
        return loss

    def discriminator_loss(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        kind = self.adversarial
        return 0.5 * (kind(tf.ones_like(real), real) + kind(tf.zeros_like(fake), fake))


def cyclegan_resnet(
    s: Any, source: np.ndarray, target: np.ndarray, **how: Any
) -> tuple[keras.Model, tf.data.Dataset]:
    """The model, compiled, and its endless data; `how` goes to `compile`."""
    assert (s.norm, s.loss) == ("instance", "lsgan")
    model = CycleGAN(s, source.shape[1])
    optimizers = {name: adam(s, s.learning_rate_g) for name in ("G", "F")}
    optimizers |= {name: adam(s, s.learning_rate_d) for name in ("D_X", "D_Y")}
    model.compile(optimizers, keras.losses.MeanSquaredError(), **how)
    return model, batched(tf.data.Dataset.zip((feed(source), feed(target))), s.batch)
