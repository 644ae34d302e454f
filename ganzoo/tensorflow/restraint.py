"""What holds a discriminator back that would otherwise learn few pictures by heart."""

from collections.abc import Callable

import tensorflow as tf

from ganzoo.settings import R1_EVERY, Adversaries

MEMORY = 0.99  # of LeCam's anchors, each update


class Restraint:
    """R1 and LeCam of one discriminator, as the settings say."""

    def __init__(self, settings: Adversaries):
        self.settings = settings
        # LeCam's: mean logits of real pictures and of fakes.
        self.anchors = tf.Variable(tf.zeros(2), trainable=False)

    def loss(
        self,
        judge: Callable[[tf.Tensor], tf.Tensor],
        with_r1: bool,
        real: tf.Tensor,
        real_logits: tf.Tensor,
        fake_logits: tf.Tensor,
    ) -> tf.Tensor:
        """What is added to D's loss. `judge`: D, to be asked once more about `real` N H W 3.

        `with_r1`: whether this step looks at how steep D is.
        """
        s, loss = self.settings, tf.constant(0.0)
        if s.lecam:
            loss += s.lecam * self.lecam(real_logits, fake_logits)
        if with_r1:
            loss += R1_EVERY * 0.5 * s.r1_gamma * r1(judge, real)
        return loss

    def lecam(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        """How far D's verdicts on real pictures are from its usual ones on fakes, and vice versa.

        Tseng et al. 2021, equation 3. The anchors are moving averages, and move first.
        """
        real, fake = tf.cast(real, tf.float32), tf.cast(fake, tf.float32)
        now = tf.stop_gradient(tf.stack([tf.reduce_mean(real), tf.reduce_mean(fake)]))
        anchors = self.anchors + (1 - MEMORY) * (now - self.anchors)
        self.anchors.assign(anchors)
        usual_real, usual_fake = tf.unstack(anchors)
        return tf.reduce_mean(tf.square(real - usual_fake)) + tf.reduce_mean(
            tf.square(fake - usual_real)
        )


def r1_is_due(settings: Adversaries, step: int) -> bool:
    """Is D taught by R1 in this step?"""
    return settings.r1_gamma > 0 and step % R1_EVERY == 0


def r1(judge: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor) -> tf.Tensor:
    """How steep D is at real pictures (Mescheder et al. 2018, equation 9, before its weight).

    The verdict on a picture is the mean of its logits, of all patches and heads.
    """
    with tf.GradientTape() as tape:
        tape.watch(real)
        logits = tf.cast(judge(real), tf.float32)
        verdicts = tf.reduce_mean(tf.reshape(logits, (real.shape[0], -1)), axis=1)
        total = tf.reduce_sum(verdicts)
    slope = tape.gradient(total, real)
    return tf.reduce_mean(tf.reduce_sum(tf.square(slope), axis=(1, 2, 3)))
