"""Maps standardized values back to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

if TYPE_CHECKING:
    from collections.abc import Sequence


@keras.saving.register_keras_serializable("kerasae")
class PixelScale(keras.layers.Layer):
    """Multiplies each channel by its deviation and adds its mean: the inverse of `keras.layers.Normalization`.

    In inference the result is clipped to [0, 1]; in training it is not, so that values outside keep a gradient. Maps
    (..., channels) to the same shape, float32 by default.

    Args:
        mean: the mean of each channel of the scaled images.
        deviation: the standard deviation of each channel, above 0.

    Raises:
        ValueError: not one positive deviation for each mean.
    """

    def __init__(
        self, mean: Sequence[float], deviation: Sequence[float], *, dtype: Any = "float32", **kwargs: Any
    ) -> None:
        super().__init__(dtype=dtype, **kwargs)
        self.mean, self.deviation = tuple(map(float, mean)), tuple(map(float, deviation))
        if len(self.mean) != len(self.deviation) or not all(value > 0 for value in self.deviation):
            raise ValueError(
                f"deviation: expected one above 0 for each of {len(self.mean)} means. Received: {self.deviation}"
            )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return images in [0, 1]."""
        inputs = ops.cast(inputs, self.compute_dtype)
        mean, deviation = (ops.convert_to_tensor(values, self.compute_dtype) for values in (self.mean, self.deviation))
        images = inputs * deviation + mean
        return images if training else ops.clip(images, 0.0, 1.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "mean": list(self.mean), "deviation": list(self.deviation)}
