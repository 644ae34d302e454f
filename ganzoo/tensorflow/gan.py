"""What the built-in trainers share beyond a plugin's base: first weights, averages, schedule."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from ganzoo.tensorflow.training import TensorFlowTrainer
from ganzoo.tensorflow.weights import init_normal, silence_last, slots, spread_by_fan_in


class GAN(TensorFlowTrainer):
    """Base of trainers whose settings are `ganzoo.settings.Adversaries`.

    The optimisers are called G and D.
    """

    progress = 0.0  # used fraction of the budget

    def generator(self) -> keras.Model:
        """A new generator; each architecture has its own file."""
        raise NotImplementedError

    def begin(self, *generators: str) -> None:
        """Give `networks` their first weights and, if so set, moving averages."""
        init_normal(self.networks.values(), self.settings.init_std, self.task.seed)
        for part, slope in self.without_norms():
            spread_by_fan_in(part, self.settings.init_std, slope)
        if getattr(self.settings, "residual", False):
            silence_last(*(self.networks[name] for name in generators))
        if self.settings.ema:
            self.averages = {name: self.generator() for name in generators}
            for kept, new in self._followed():
                kept.assign(new)

    def without_norms(self) -> list[tuple[keras.Layer, float]]:
        """Parts of the networks that have no norm layers, each with its leaky ReLU's slope."""
        return []

    def pull(self) -> np.ndarray:
        """How far this step draws the averages towards the networks; at first nearly all of it."""
        decay = min(self.settings.ema, (1 + self.steps) / (10 + self.steps))
        return np.array(1 - decay, np.float32)

    def follow(self, pull: tf.Tensor) -> None:
        """Draw the averages towards the networks, running statistics too."""
        for kept, new in self._followed():
            kept.assign(kept + pull * (new - kept))

    def _followed(self) -> Iterator[tuple[keras.Variable, keras.Variable]]:
        for name, average in self.averages.items():
            for kept, new in zip(slots(average), slots(self.networks[name]), strict=True):
                yield kept.variable, new.variable

    def shown(self, name: str) -> keras.Model:
        """The network that draws: its average, where there is one."""
        return self.averages.get(name, self.networks[name])

    def schedule(self, progress: float) -> None:
        """Let the learning rates fall as the settings say."""
        s, self.progress = self.settings, progress
        self.set_learning_rate(s.rate(progress), G=s.learning_rate_g, D=s.learning_rate_d)
