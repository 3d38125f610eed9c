"""Where every discriminator begins and ends."""

from __future__ import annotations

from typing import Any

import keras


def seen(image_shape: tuple[int, int, int]) -> tuple[Any, Any]:
    """Return a discriminator's input, scaled images, and the same around 0, as a generator's tanh makes them."""
    inputs = keras.Input(image_shape, name="scaled_images")
    return inputs, keras.layers.Rescaling(2.0, -1.0, dtype="float32")(inputs)


def judged(inputs: Any, x: Any, num_classes: int) -> keras.Model:
    """End in the logits, float32: `real` (batch, 1), and `label` (batch, num_classes) if there are classes."""
    outputs = {"real": keras.layers.Dense(1, dtype="float32", name="real")(x)}
    if num_classes:
        outputs["label"] = keras.layers.Dense(num_classes, dtype="float32", name="label")(x)
    return keras.Model(inputs, outputs, name="discriminator")
