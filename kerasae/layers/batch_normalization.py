"""Batch normalization through TensorFlow's fused kernel, with moving averages that are right after few steps."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# The name of the variable that counts a layer's training steps; no weight of the model.
STEPS = "averaged_steps"
# How much faster than a cumulative average the first averages forget; see `BatchNormalization`.
DECAY = 8.0


@keras.saving.register_keras_serializable("kerasae")
class BatchNormalization(keras.layers.BatchNormalization):
    """A drop-in `keras.layers.BatchNormalization` whose statistics are right after few steps, and which is faster.

    Same arguments, weights and, in training, outputs within float tolerance (Ioffe and Szegedy, 2015, arXiv
    1502.03167).

    Keras' moving averages begin at mean 0 and variance 1, and a momentum of 0.99 takes hundreds of steps to forget
    them: until then, inference normalizes with numbers that no image gave. Here the new batch's share of the averages
    at step t is max(1 - momentum, 9 / (t + 8)), t counted from 1: polynomial-decay averaging (Shamir and Zhang, 2013,
    arXiv 1212.1824, section 4, eta = 8). The first batch replaces the initial values, and then the averages cover about
    the last ninth of the steps, because early batches were computed by weights that have changed since. From step 892
    on (momentum 0.99), an update is Keras' own; what the averages still differ by shrinks by `momentum` a step.

    The steps are counted in a variable that belongs to `variables` and to saved files but not to `weights`, so that
    weights are exchanged with Keras' layer. It reads that layer's files; Keras' layer does not read its files. Where a
    count is missing, averages begin again with the next batch.

    Inputs of shape (batch, height, width, channels) in float32, float16 or bfloat16 take TensorFlow's fused kernel, on
    the TensorFlow backend, without a mask and without renormalization: Keras itself composes the operation of a dozen,
    which costs about half of a small convolutional network's training time on a CPU. Anything else, and training in
    more than one replica with `synchronized=True`, takes Keras' operations. With `renorm=True` the averages are Keras'.
    """

    def build(self, input_shape: Any) -> None:
        """Make the weights, and the count of steps."""
        super().build(input_shape)
        self.steps = self.add_weight(
            shape=(), initializer="zeros", dtype="float32", trainable=False, autocast=False, name=STEPS
        )

    @property
    def weights(self) -> list[Any]:
        """Keras' own weights."""
        return [weight for weight in super().weights if weight is not getattr(self, "steps", None)]

    def load_own_variables(self, store: Any) -> None:
        """Load what this layer has saved, or Keras' layer, whose files hold no count of steps."""
        if len(store.keys()) == len(self.weights):
            for index, weight in enumerate(self.weights):
                weight.assign(store[str(index)])
            self.steps.assign(0.0)
        else:
            super().load_own_variables(store)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize `inputs`; in training also move the averages."""
        learns = bool(training) and self.trainable
        if self._fusible(inputs, learns, mask):
            return self._fused(inputs, learns)
        if not learns or self.renorm:
            return super().call(inputs, training=training, mask=mask)
        return self._composed(inputs, mask)

    def _fusible(self, inputs: Any, learns: bool, mask: Any) -> bool:
        if keras.backend.backend() != "tensorflow" or mask is not None or self.renorm:
            return False
        if len(inputs.shape) != 4 or self.axis not in (-1, 3) or self.epsilon < 1e-5:
            return False
        if keras.backend.standardize_dtype(inputs.dtype) not in ("float32", "float16", "bfloat16"):
            return False
        return not (self.synchronized and learns and _replicas() > 1)

    def _fused(self, inputs: Any, learns: bool) -> Any:
        import tensorflow as tf

        channels = self.moving_mean.shape
        scale = self.gamma if self.scale else tf.ones(channels)
        offset = self.beta if self.center else tf.zeros(channels)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.cast(scale, tf.float32),
            tf.cast(offset, tf.float32),
            # In training the kernel computes its own statistics and must be given none.
            mean=None if learns else tf.cast(self.moving_mean, tf.float32),
            variance=None if learns else tf.cast(self.moving_variance, tf.float32),
            epsilon=self.epsilon,
            is_training=learns,
        )
        if learns:
            # The kernel returns the sample variance (divided by n - 1); Keras keeps the population variance.
            count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], tf.float32)
            self._average(mean, variance * (tf.maximum(count - 1.0, 1.0) / tf.maximum(count, 1.0)))
        return outputs

    def _composed(self, inputs: Any, mask: Any) -> Any:
        """Do as Keras does in training, but for the averages."""
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                f"mask: expected one dimension less than the inputs. Received: shape {tuple(mask.shape)} beside inputs "
                f"of shape {tuple(inputs.shape)}"
            )
        inputs = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        mean, variance = self._moments(inputs, mask)
        self._average(mean, variance)
        outputs = ops.batch_normalization(
            inputs,
            mean,
            variance,
            self.axis,
            offset=ops.cast(self.beta, inputs.dtype) if self.center else None,
            scale=ops.cast(self.gamma, inputs.dtype) if self.scale else None,
            epsilon=self.epsilon,
        )
        return ops.cast(outputs, self.compute_dtype)

    def _average(self, mean: Any, variance: Any) -> None:
        """Move the averages towards a batch's statistics."""
        step = self.steps + 1.0
        share = ops.maximum(1.0 - self.momentum, (DECAY + 1.0) / (step + DECAY))
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * (1.0 - share) + ops.cast(value, average.dtype) * share)
        self.steps.assign(step)


def _replicas() -> int:
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)
