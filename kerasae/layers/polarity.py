"""Images and their negatives brought to one polarity."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class Polarity(keras.layers.Layer):
    """Turns an image into its negative where its values are skewed to the left, so that both look alike behind it.

    `layer(images)` maps (batch, height, width, channels) to the same shape and range: an image whose third central
    moment over all pixels is negative becomes low + high - x, every other one stays. The negative of an image has the
    opposite moment, so the two become one image: few bright strokes on a dark ground, whichever way they came.
    A moment of zero (a symmetric histogram, an image of one colour) tells nothing, and such an image stays as it is.

    `layer(outputs, like=images)` turns what was made of `images` back to their polarity: where they were turned,
    `outputs` are. It needs nothing but the images, so a reconstruction comes out as its image went in.

    Args:
        value_range: (low, high) of the images.

    Raises:
        ValueError: `value_range` is no rising pair.
    """

    def __init__(self, value_range: tuple[float, float] = (0.0, 1.0), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if len(value_range) != 2 or not value_range[0] < value_range[1]:
            raise ValueError(f"value_range: expected a rising pair (low, high). Received: {value_range!r}")
        self.value_range = (float(value_range[0]), float(value_range[1]))

    def call(self, inputs: Any, like: Any = None) -> Any:
        """Turn the images whose moment, or that of the ones in `like`, is negative."""
        low, high = self.value_range
        turned = self.turned(inputs if like is None else like)
        return ops.where(turned, low + high - inputs, inputs)

    def turned(self, images: Any) -> Any:
        """Return which images are turned, booleans of shape (batch, 1, 1, 1)."""
        low, high = self.value_range
        x = ops.stop_gradient((ops.cast(images, "float32") - low) / (high - low))
        for _ in range(2):  # the second time for what float32 loses in a sum over many pixels
            x = x - ops.mean(x, axis=(1, 2, 3), keepdims=True)
        second, third = (ops.mean(x**power, axis=(1, 2, 3), keepdims=True) for power in (2, 3))
        # The mean still errs by about 1e-7, which moves the third moment by three times the second times that.
        return third < -1e-6 * second

    def compute_output_shape(self, input_shape: Any, **shapes: Any) -> Any:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "value_range": self.value_range}
