"""From probabilities back to logits."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class LogProbabilities(keras.layers.Layer):
    """The logarithm of probabilities: logits whose softmax gives the probabilities back.

    Maps (..., num_classes) in [0, 1] with a sum of 1 to the same shape, from -87.3 (the logarithm of float32's smallest
    normal number, so that a probability of 0 stays finite) to 0. Meant for float32: half precision cannot hold
    probabilities so small.
    """

    def call(self, inputs: Any) -> Any:
        """Take the logarithm of `inputs`."""
        return ops.log(ops.maximum(inputs, float(np.finfo("float32").tiny)))
