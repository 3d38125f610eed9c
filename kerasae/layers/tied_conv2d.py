"""A convolution that can also apply its transpose, so that an encoder and a decoder share one kernel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class TiedConv2D(keras.layers.Layer):
    """A 2-D convolution and its transpose with one kernel and two biases.

    `layer(image)` maps (batch, height, width, input_filters) to (batch, height / strides, width / strides, filters);
    `layer(latent, transpose=True)` maps back. Called by an encoder and a decoder it ties the two: the kernel is
    counted once and trained by both. (Tied weights: Vincent et al., 2010, JMLR 11, section 3.)

    Args:
        filters: channels on the latent side.
        input_filters: channels on the image side.
        kernel_size: side of the square kernel.
        strides: step of the convolution; the transpose enlarges by as much.
        kernel_initializer: a Keras initializer or its name.
        kernel_regularizer: a Keras regularizer or its name; it counts the kernel once.
    """

    def __init__(
        self,
        filters: int,
        input_filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, value in (
            ("filters", filters),
            ("input_filters", input_filters),
            ("kernel_size", kernel_size),
            ("strides", strides),
        ):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: expected a whole number above zero. Received: {value!r}")
        self.filters = filters
        self.input_filters = input_filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: Any) -> None:
        """Make the weights; their shapes follow from the arguments, so either direction may come first."""
        size = (self.kernel_size, self.kernel_size)
        self.kernel = self.add_weight(
            shape=(*size, self.input_filters, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        self.transpose_bias = self.add_weight(shape=(self.input_filters,), initializer="zeros", name="transpose_bias")

    def call(self, inputs: Any, transpose: bool = False) -> Any:
        """Convolve, or run the transpose of the same convolution."""
        if transpose:
            outputs = ops.conv_transpose(inputs, self.kernel, strides=self.strides, padding="same")
            return outputs + ops.cast(self.transpose_bias, outputs.dtype)
        outputs = ops.conv(inputs, self.kernel, strides=self.strides, padding="same")
        return outputs + ops.cast(self.bias, outputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "input_filters": self.input_filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
