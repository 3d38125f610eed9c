"""Converts probabilities to logits."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class LogProbabilities(keras.layers.Layer):
    """The logarithm of probabilities: logits whose softmax returns the probabilities.

    Maps (..., num_classes) in [0, 1] with sum 1 to the same shape in [-87.3, 0]. The lower bound, the logarithm of the
    smallest normal float32, keeps a probability of 0 finite. Use float32: half precision cannot represent such small
    probabilities.
    """

    def call(self, inputs: Any) -> Any:
        """Return the logarithm of `inputs`."""
        return ops.log(ops.maximum(inputs, float(np.finfo("float32").tiny)))
