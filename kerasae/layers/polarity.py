"""Brings images and their negatives to one polarity."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class Polarity(keras.layers.Layer):
    """Inverts images whose values are skewed to the left, so that an image and its negative give the same output.

    `layer(images)` maps (batch, height, width, channels) to the same shape and range. An image whose third central
    moment over all values is negative becomes low + high - x; other images stay. Since the negative of an image has the
    opposite moment, both become the same image, for instance few bright strokes on a dark ground. An image with moment
    zero (a symmetric histogram or a single colour) stays as it is.

    `layer(outputs, like=images)` restores the polarity of `images` in outputs computed from them, such as
    reconstructions: it inverts the outputs of the images that were inverted.

    Args:
        value_range: (low, high) of the images.

    Raises:
        ValueError: `value_range` is not a rising pair.
    """

    def __init__(self, value_range: tuple[float, float] = (0.0, 1.0), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if len(value_range) != 2 or not value_range[0] < value_range[1]:
            raise ValueError(f"value_range: expected a rising pair (low, high). Received: {value_range!r}")
        self.value_range = (float(value_range[0]), float(value_range[1]))

    def call(self, inputs: Any, like: Any = None) -> Any:
        """Invert the inputs whose moment, or that of their image in `like`, is negative."""
        low, high = self.value_range
        inverted = self.is_inverted(inputs if like is None else like)
        return ops.where(inverted, low + high - inputs, inputs)

    def is_inverted(self, images: Any) -> Any:
        """Return whether each image is inverted, bool (batch, 1, 1, 1)."""
        low, high = self.value_range
        x = ops.stop_gradient((ops.cast(images, "float32") - low) / (high - low))
        for _ in range(2):  # the second pass removes the rounding error of the first
            x = x - ops.mean(x, axis=(1, 2, 3), keepdims=True)
        second, third = (ops.mean(x**power, axis=(1, 2, 3), keepdims=True) for power in (2, 3))
        # The mean errs by about 1e-7, and the third moment by three times the second moment times that.
        return third < -1e-6 * second

    def compute_output_shape(self, input_shape: Any, **shapes: Any) -> Any:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "value_range": self.value_range}
