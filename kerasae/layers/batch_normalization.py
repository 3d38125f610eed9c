"""Batch normalization with TensorFlow's fused kernel and moving averages that are accurate after few steps."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# The name of the variable that counts the training steps of a layer; it is not a weight of the model.
STEPS = "averaged_steps"
# The eta of polynomial-decay averaging; see `BatchNormalization`.
DECAY = 8.0


@keras.saving.register_keras_serializable("kerasae")
class BatchNormalization(keras.layers.BatchNormalization):
    """A faster drop-in for `keras.layers.BatchNormalization` whose statistics are accurate after few steps.

    It has the same arguments and weights, and in training the same outputs within float tolerance (Ioffe and Szegedy,
    2015, arXiv 1502.03167).

    Keras' moving averages start at mean 0 and variance 1, and with a momentum of 0.99 it takes hundreds of steps to
    forget these values. Here the share of a new batch at step t, counted from 1, is max(1 - momentum, 9 / (t + 8)):
    polynomial-decay averaging (Shamir and Zhang, 2013, arXiv 1212.1824, section 4, eta = 8). The first batch replaces
    the initial values; then the averages cover about the last ninth of the steps, since the weights change. From step
    892 on (momentum 0.99) the updates are Keras'; the remaining difference shrinks by `momentum` per step.

    The step count is part of `variables` and of saved files but not of `weights`, so that weights can be exchanged with
    Keras' layer. This layer reads files of Keras' layer, not the other way round. Without a saved count the averages
    start again with the next batch.

    On the TensorFlow backend, inputs of shape (batch, height, width, channels) in float32, float16 or bfloat16 use the
    fused kernel, unless there is a mask or renormalization. Keras composes a dozen operations instead, which take about
    half of the training time of a small convolutional network on a CPU. Other inputs, and training on several replicas
    with `synchronized=True`, use Keras' operations. With `renorm=True` the averages are Keras'.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights and the step count."""
        super().build(input_shape)
        self.steps = self.add_weight(
            shape=(), initializer="zeros", dtype="float32", trainable=False, autocast=False, name=STEPS
        )

    @property
    def weights(self) -> list[Any]:
        """The weights of Keras' layer, without the step count."""
        return [weight for weight in super().weights if weight is not getattr(self, "steps", None)]

    def load_own_variables(self, store: Any) -> None:
        """Load variables that this layer or Keras' layer has saved; the latter have no step count."""
        if len(store.keys()) == len(self.weights):
            for index, weight in enumerate(self.weights):
                weight.assign(store[str(index)])
            self.steps.assign(0.0)
        else:
            super().load_own_variables(store)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize `inputs`; in training also update the averages."""
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
            # In training the kernel computes the statistics itself and accepts none.
            mean=None if learns else tf.cast(self.moving_mean, tf.float32),
            variance=None if learns else tf.cast(self.moving_variance, tf.float32),
            epsilon=self.epsilon,
            is_training=learns,
        )
        if learns:
            # The kernel returns the sample variance (divided by n - 1), Keras' layer averages the population variance.
            count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], tf.float32)
            self._average(mean, variance * (tf.maximum(count - 1.0, 1.0) / tf.maximum(count, 1.0)))
        return outputs

    def _composed(self, inputs: Any, mask: Any) -> Any:
        """Normalize as Keras does in training, with this layer's averages."""
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
        """Update the averages with the statistics of a batch."""
        step = self.steps + 1.0
        share = ops.maximum(1.0 - self.momentum, (DECAY + 1.0) / (step + DECAY))
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * (1.0 - share) + ops.cast(value, average.dtype) * share)
        self.steps.assign(step)


def _replicas() -> int:
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)
