"""Where every generator begins and ends."""

from __future__ import annotations

from typing import Any

import keras


def drawn_input(noise_dim: int, num_classes: int) -> tuple[dict[str, Any], Any]:
    """Return a generator's inputs by name, and the two side by side: noise, and the row of a class if there are any."""
    inputs = {"noise": keras.Input((noise_dim,), name="noise")}
    if not num_classes:
        return inputs, inputs["noise"]
    inputs["label"] = keras.Input((num_classes,), name="label")
    return inputs, keras.layers.Concatenate()([inputs["noise"], inputs["label"]])


def painted(x: Any) -> Any:
    """Squash to an image: tanh, whose gradient is steeper than a sigmoid's, brought from [-1, 1] to [0, 1]."""
    x = keras.layers.Activation("tanh", dtype="float32")(x)
    return keras.layers.Rescaling(0.5, 0.5, dtype="float32", name="picture")(x)
