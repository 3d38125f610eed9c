"""Patches of an image without what they have in common."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class Whitening(keras.layers.Layer):
    """Turns the patch at each pixel into uncorrelated values of equal variance, and the negative of each.

    A convolution of which only the bias learns: its filters are the principal components of patches, each over its own
    deviation (Page, "How to train your ResNet 8", 2019), and their negatives (Jordan, arXiv 2404.00498, section 3.2,
    where it halves the epochs that CIFAR-10 takes). With a rectifier behind, no value is lost.

    `adapt` takes the components from images; until then they are the pixels themselves. A patch is centred on its
    pixel, one of even side reaches one further down and right; beyond the edge are zeros, to which the filters answer.
    Shape (batch, height, width, channels) in, (batch, height, width, 2 * kernel_size**2 * channels) out; float32 by
    default, because division by small deviations enlarges what half precision rounds off, in the input as well.

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
        # Not called a kernel, which is what learns.
        self.components = self.add_weight(shape=shape, initializer=_pixels, trainable=False, name="components")
        self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", name="bias")
        self.built = True

    def adapt(self, images: Any) -> None:
        """Take the components from `images`, float (n, height, width, channels), on the scale of the layer's input.

        Raises:
            ValueError: no images, or smaller than a patch, or of other channels than before; values not finite.
        """
        images = ops.convert_to_numpy(images)
        if images.ndim != 4 or not len(images) or min(images.shape[1:3]) < self.kernel_size:
            raise ValueError(
                f"images: expected images (n, height, width, channels) of at least {self.kernel_size}x"
                f"{self.kernel_size} pixels. Received: shape {images.shape}"
            )
        if not self.built:
            self.build(images.shape)
        if images.shape[-1] != self.components.shape[2]:
            raise ValueError(f"images: expected {self.components.shape[2]} channels. Received: shape {images.shape}")
        if not np.isfinite(images).all():
            raise ValueError("images: expected finite values. Received: some that are not")
        count, total, products = 0, 0.0, 0.0
        for image in images:  # one at a time: all patches together are many times the images
            patches = self._patches(image.astype(np.float64))
            count, total, products = count + len(patches), total + patches.sum(axis=0), products + patches.T @ patches
        mean = total / count
        variances, components = np.linalg.eigh(products / count - np.outer(mean, mean))
        filters = components / np.sqrt(np.maximum(variances, 0.0) + self.epsilon)
        self.components.assign(_with_negatives(filters).reshape(self.components.shape))

    def call(self, inputs: Any) -> Any:
        """Return the whitened patch at each pixel, its negative behind it."""
        inputs = ops.cast(inputs, self.compute_dtype)
        return ops.conv(inputs, ops.cast(self.components, self.compute_dtype), padding="same") + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape with the values of a patch, twice, for channels."""
        return (*input_shape[:-1], 2 * self.kernel_size**2 * input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "kernel_size": self.kernel_size, "epsilon": self.epsilon}

    def _patches(self, image: np.ndarray) -> np.ndarray:
        """Return one row a patch that lies within the image, its values in the order of a filter's."""
        # (rows, columns, channels, height, width)
        windows = np.lib.stride_tricks.sliding_window_view(image, (self.kernel_size, self.kernel_size), axis=(0, 1))
        return windows.transpose(0, 1, 3, 4, 2).reshape(-1, self.kernel_size**2 * image.shape[-1])


def _pixels(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Return filters (height, width, channels, 2 * values) of which each gives one value of the patch."""
    return ops.convert_to_tensor(_with_negatives(np.eye(shape[-1] // 2)).reshape(shape), dtype)


def _with_negatives(columns: np.ndarray) -> np.ndarray:
    """Return the columns, and behind them the negative of each."""
    return np.concatenate([columns, -columns], axis=1)
