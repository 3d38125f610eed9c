"""The product of an image and its negative, the same for both."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("kerasae")
class NegativeProduct(keras.layers.Layer):
    """F(x) = x (1 - x): an image and its negative 1 - x look alike behind this layer.

    Maps images in [0, 1] of any shape to the same shape in [0, 0.25]. Bright and dark become the same, so what only a
    middle grey tells from them is left; `Polarity` loses nothing but the polarity. (Study E's first layer.)
    """

    def call(self, inputs: Any) -> Any:
        """Multiply `inputs` by their negatives."""
        return inputs * (1.0 - inputs)
