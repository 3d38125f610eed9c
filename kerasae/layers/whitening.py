"""Whitens the patches of an image."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class Whitening(keras.layers.Layer):
    """Maps the patch at each pixel to uncorrelated values of equal variance and their negatives.

    A convolution with fixed filters and a trainable bias. The filters are the principal components of patches, each
    divided by its standard deviation (Page, "How to train your ResNet 8", 2019), and their negatives (Jordan, arXiv
    2404.00498, section 3.2, which halve the epochs on CIFAR-10): followed by a rectifier, no value is lost.

    `adapt` computes the components from images; before that they are the single pixels. A patch is centred on its
    pixel; a patch of even side extends one pixel further down and right. The image is padded with zeros. Maps (batch,
    height, width, channels) to (batch, height, width, 2 * kernel_size**2 * channels), float32 by default: dividing by
    small deviations amplifies the rounding of half precision.

    Args:
        kernel_size: side of the square patches.
        epsilon: added to each variance before the square root; damps components that are noise.

    Raises:
        ValueError: `kernel_size` below 1, or `epsilon` not above 0.
    """

    def __init__(self, kernel_size: int = 2, epsilon: float = 5e-4, *, dtype: Any = "float32", **kwargs: Any) -> None:
        super().__init__(dtype=dtype, **kwargs)
        self.kernel_size, self.epsilon = int(kernel_size), float(epsilon)
        if self.kernel_size < 1:
            raise ValueError(f"kernel_size: expected 1 or more. Received: {kernel_size}")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon: expected a number above 0. Received: {epsilon}")

    def build(self, input_shape: Any) -> None:
        """Create the filters, single pixels until `adapt`, and the bias."""
        values = self.kernel_size**2 * input_shape[-1]
        shape = (self.kernel_size, self.kernel_size, input_shape[-1], 2 * values)
        # Not named a kernel, since reports show kernels as trained weights.
        self.components = self.add_weight(shape=shape, initializer=_pixels, trainable=False, name="components")
        self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", name="bias")
        self.built = True

    def adapt(self, images: Any) -> None:
        """Compute the components from images on the scale of the layer's input, float (n, height, width, channels).

        Raises:
            ValueError: no images, images smaller than a patch or of other channels than before, or values that are not
                finite.
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
        for image in images:  # one at a time: all patches take several times the memory of the images
            patches = self._patches(image.astype(np.float64))
            count, total, products = count + len(patches), total + patches.sum(axis=0), products + patches.T @ patches
        mean = total / count
        variances, components = np.linalg.eigh(products / count - np.outer(mean, mean))
        filters = components / np.sqrt(np.maximum(variances, 0.0) + self.epsilon)
        self.components.assign(_with_negatives(filters).reshape(self.components.shape))

    def call(self, inputs: Any) -> Any:
        """Return the whitened patch at each pixel, followed by its negative."""
        inputs = ops.cast(inputs, self.compute_dtype)
        return ops.conv(inputs, ops.cast(self.components, self.compute_dtype), padding="same") + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input with two channels for each value of a patch."""
        return (*input_shape[:-1], 2 * self.kernel_size**2 * input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "kernel_size": self.kernel_size, "epsilon": self.epsilon}

    def _patches(self, image: np.ndarray) -> np.ndarray:
        """Return the patches inside the image, one row each, with the values in the order of a filter."""
        # (rows, columns, channels, height, width)
        windows = np.lib.stride_tricks.sliding_window_view(image, (self.kernel_size, self.kernel_size), axis=(0, 1))
        return windows.transpose(0, 1, 3, 4, 2).reshape(-1, self.kernel_size**2 * image.shape[-1])


def _pixels(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Return filters (height, width, channels, 2 * values) that each select one value of the patch."""
    return ops.convert_to_tensor(_with_negatives(np.eye(shape[-1] // 2)).reshape(shape), dtype)


def _with_negatives(columns: np.ndarray) -> np.ndarray:
    """Return the columns followed by their negatives."""
    return np.concatenate([columns, -columns], axis=1)
