"""Rearranges channels into pixels, to enlarge a map without a strided convolution."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class DepthToSpace(keras.layers.Layer):
    """Maps (height, width, channels) to (height * size, width * size, channels / size**2).

    A convolution before it computes all pixels of a block on the small map, at the cost of the small map: Shi et al.,
    arXiv 1609.05158, section 3.2.

    Args:
        size: side of the block of pixels that each position becomes.

    Raises:
        ValueError: `size` is below 1, or its square does not divide the channels.
    """

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"size: expected an integer of at least 1. Received: {size!r}")
        self.size = size

    def build(self, input_shape: Any) -> None:
        """Check the channels."""
        if input_shape[-1] % self.size**2:
            raise ValueError(
                f"size: expected a number whose square divides the {input_shape[-1]} channels. Received: {self.size}"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the enlarged map, with the dtype of `inputs`."""
        _, height, width, channels = inputs.shape
        size, kept = self.size, channels // self.size**2
        blocks = ops.reshape(inputs, (-1, height, width, size, size, kept))
        return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (-1, height * size, width * size, kept))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the enlarged map."""
        batch, height, width, channels = input_shape
        return (batch, height * self.size, width * self.size, channels // self.size**2)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "size": self.size}
