"""The input and the outputs of every discriminator."""

from __future__ import annotations

from typing import Any

import keras


def centered_input(image_shape: tuple[int, int, int]) -> tuple[Any, Any]:
    """Return the input of a discriminator, images in [0, 1], and the images scaled to [-1, 1]."""
    inputs = keras.Input(image_shape, name="scaled_images")
    return inputs, keras.layers.Rescaling(2.0, -1.0, dtype="float32")(inputs)


def with_logits(inputs: Any, x: Any, num_classes: int) -> keras.Model:
    """Build a discriminator with float32 logits: `real` (batch, 1) and, with classes, `label` (batch, num_classes)."""
    outputs = {"real": keras.layers.Dense(1, dtype="float32", name="real")(x)}
    if num_classes:
        outputs["label"] = keras.layers.Dense(num_classes, dtype="float32", name="label")(x)
    return keras.Model(inputs, outputs, name="discriminator")
