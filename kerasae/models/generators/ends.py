"""The inputs and the output of every generator."""

from __future__ import annotations

from typing import Any

import keras


def generator_input(noise_dim: int, num_classes: int) -> tuple[dict[str, Any], Any]:
    """Return the inputs of a generator by name, noise and with classes `label`, and their concatenation."""
    inputs = {"noise": keras.Input((noise_dim,), name="noise")}
    if not num_classes:
        return inputs, inputs["noise"]
    inputs["label"] = keras.Input((num_classes,), name="label")
    return inputs, keras.layers.Concatenate()([inputs["noise"], inputs["label"]])


def tanh_image(x: Any) -> Any:
    """Map features to pixels in [0, 1] by a tanh, whose gradient is steeper than a sigmoid's, and a rescaling."""
    x = keras.layers.Activation("tanh", dtype="float32")(x)
    return keras.layers.Rescaling(0.5, 0.5, dtype="float32", name="picture")(x)
