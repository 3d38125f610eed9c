"""Patches of a picture without what they have in common."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class Whitening(keras.layers.Layer):
    """Turns the patch at each pixel into uncorrelated values of equal variance, and the negative of each.

    A convolution whose kernel does not learn: its filters are the principal components of patches, each divided by its
    deviation (Page, "How to train your ResNet 8", 2019), and their negatives (Jordan, arXiv 2404.00498, section 3.1).
    With a rectifier behind, no value is lost. What comes after it learns in about half the epochs. The bias learns.

    `adapt` takes the components from pictures; until then they are the pixels themselves. A patch begins at its pixel
    and reaches down and right; beyond the edge are zeros. Shape (batch, height, width, channels) in, (batch, height,
    width, 2 * kernel_size**2 * channels) out; float32 by default, because division by small deviations enlarges what
    half precision rounds off.

    Args:
        kernel_size: side of the square patches.
        epsilon: what is added to each variance before the root is taken; it holds back components that are but noise.

    Raises:
        ValueError: a kernel_size below 1, or an epsilon that is not above 0.
    """

    def __init__(self, kernel_size: int = 2, epsilon: float = 5e-4, *, dtype: Any = "float32", **kwargs: Any) -> None:
        super().__init__(dtype=dtype, **kwargs)
        self.kernel_size, self.epsilon = int(kernel_size), float(epsilon)
        if self.kernel_size < 1:
            raise ValueError(f"kernel_size: expected 1 or more. Received: {kernel_size}")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon: expected a number above 0. Received: {epsilon}")

    def build(self, input_shape: Any) -> None:
        """Make the kernel, which passes pixels on until `adapt`, and the bias."""
        values = self.kernel_size**2 * input_shape[-1]
        shape = (self.kernel_size, self.kernel_size, input_shape[-1], 2 * values)
        self.kernel = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="kernel")
        self._assign(np.eye(values))
        self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", name="bias")
        self.built = True

    def adapt(self, images: Any) -> None:
        """Take the components from `images`, float (n, height, width, channels), on the scale of the layer's input.

        Raises:
            ValueError: pictures smaller than a patch, or none.
        """
        images = ops.convert_to_numpy(images)
        if images.ndim != 4 or not len(images) or min(images.shape[1:3]) < self.kernel_size:
            raise ValueError(
                f"images: expected pictures (n, height, width, channels) of at least {self.kernel_size}x"
                f"{self.kernel_size} pixels. Received: shape {images.shape}"
            )
        if not self.built:
            self.build(images.shape)
        # (n, rows, columns, channels, height, width) to one row a patch, its values in the kernel's order.
        windows = np.lib.stride_tricks.sliding_window_view(images, (self.kernel_size, self.kernel_size), axis=(1, 2))
        patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, self.kernel_size**2 * images.shape[-1])
        variances, components = np.linalg.eigh(np.atleast_2d(np.cov(patches, rowvar=False, bias=True)))
        self._assign(components / np.sqrt(np.maximum(variances, 0.0) + self.epsilon))

    def call(self, inputs: Any) -> Any:
        """Return the whitened patch at each pixel, its negative behind it."""
        inputs = ops.cast(inputs, self.compute_dtype)
        return ops.conv(inputs, ops.cast(self.kernel, self.compute_dtype), padding="same") + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape with the values of a patch, twice, for channels."""
        return (*input_shape[:-1], 2 * self.kernel_size**2 * input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "kernel_size": self.kernel_size, "epsilon": self.epsilon}

    def _assign(self, columns: np.ndarray) -> None:
        """Make each column a filter, and its negative another."""
        self.kernel.assign(np.concatenate([columns, -columns], axis=1).reshape(self.kernel.shape))
