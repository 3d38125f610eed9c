"""The product of an image and its negative, the same for both."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("kerasae")
class NegativeProduct(keras.layers.Layer):
    """F(x) = x (1 - x), which is the same for an image and its negative 1 - x.

    Maps images in [0, 1] of any shape to the same shape in [0, 0.25]. Bright and dark pixels become equal; `Polarity`
    loses only the polarity. (First layer of study E.)
    """

    def call(self, inputs: Any) -> Any:
        """Multiply `inputs` by their negatives."""
        return inputs * (1.0 - inputs)
