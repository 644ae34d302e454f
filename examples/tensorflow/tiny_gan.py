"""A complete plugin in TensorFlow: a small fully connected GAN with its training step.

ganbench check examples/tensorflow/tiny_gan.py
ganbench run --plugin examples/tensorflow/tiny_gan.py --models tiny-gan --frameworks tensorflow
"""

from dataclasses import dataclass

import keras
import tensorflow as tf

from ganzoo.tensorflow.training import TensorFlowTrainer, gan_loss, scaled


@dataclass(frozen=True)
class Settings:
    latent: int = 32  # numbers in one latent vector
    batch: int = 32  # pictures a step
    width: int = 256  # units of each hidden layer
    learning_rate: float = 2e-4


class TinyGAN(TensorFlowTrainer):
    framework = "tensorflow"
    source = "noise"
    Settings = Settings

    def __init__(self, settings, task):
        super().__init__(settings, task)
        layers, w, shape = keras.layers, settings.width, (task.size, task.size, 3)
        self.G = keras.Sequential(
            [
                keras.Input((settings.latent,)),
                layers.Dense(w),
                layers.LeakyReLU(0.2),
                layers.Dense(3 * task.size**2, activation="tanh"),
                layers.Reshape(shape),
            ]
        )
        self.D = keras.Sequential(
            [
                keras.Input(shape),
                layers.Flatten(),
                layers.Dense(w),
                layers.LeakyReLU(0.2),
                layers.Dense(1),
            ]
        )
        self.networks = {"G": self.G, "D": self.D}
        self.optimizers = {
            name: keras.optimizers.Adam(settings.learning_rate, beta_1=0.5)
            for name in self.networks
        }
        for name, optimizer in self.optimizers.items():
            optimizer.build(self.networks[name].trainable_variables)
        self._lesson = self.compiled(self.lesson)

    def step(self, source, target):
        return self._lesson(source, target)

    def lesson(self, z, target):
        # Teach D to tell real from fake.
        with tf.GradientTape() as tape:
            d_loss = gan_loss("bce", self.D(scaled(target)), 1.0)
            d_loss += gan_loss("bce", self.D(self.G(z)), 0.0)
        self.descend("D", tape, d_loss)

        # Teach G to be taken for real.
        with tf.GradientTape() as tape:
            g_loss = gan_loss("bce", self.D(self.G(z)), 1.0)
        self.descend("G", tape, g_loss)
        return {"D": d_loss, "G": g_loss}

    def descend(self, name, tape, loss):
        variables = self.networks[name].trainable_variables
        self.optimizers[name].apply(tape.gradient(loss, variables), variables)

    def generate(self, source):
        return self.draw(self.G, source)
