"""A dense layer that can also apply its transpose, so that an encoder and a decoder share one kernel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class TiedDense(keras.layers.Layer):
    """A linear dense layer and its transpose with one kernel and two biases.

    `layer(x)` maps (..., input_units) to (..., units); `layer(x, transpose=True)` maps back. Called by an encoder and
    a decoder it ties the two: the kernel is counted once and trained by both. (Tied weights: Vincent et al., 2010,
    JMLR 11, section 3.)

    Args:
        units: values on the latent side.
        input_units: values on the image side.
        kernel_initializer: a Keras initializer or its name.
        kernel_regularizer: a Keras regularizer or its name; it counts the kernel once.
    """

    def __init__(
        self,
        units: int,
        input_units: int,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, value in (("units", units), ("input_units", input_units)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: expected a whole number above zero. Received: {value!r}")
        self.units = units
        self.input_units = input_units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: Any) -> None:
        """Make the weights; their shapes follow from the arguments, so either direction may come first."""
        self.kernel = self.add_weight(
            shape=(self.input_units, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.transpose_bias = self.add_weight(shape=(self.input_units,), initializer="zeros", name="transpose_bias")

    def call(self, inputs: Any, transpose: bool = False) -> Any:
        """Multiply by the kernel, or by its transpose."""
        if transpose:
            outputs = ops.matmul(inputs, ops.transpose(self.kernel))
            return outputs + ops.cast(self.transpose_bias, outputs.dtype)
        outputs = ops.matmul(inputs, self.kernel)
        return outputs + ops.cast(self.bias, outputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "units": self.units,
            "input_units": self.input_units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
