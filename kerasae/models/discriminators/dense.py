"""The `dense` discriminator: hidden layers with dropout, as in study C."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Counts, Rate, Settings
from kerasae.models.blocks import dense as dense_block
from kerasae.models.blocks import dropout as drop
from kerasae.models.discriminators.ends import centered_input, with_logits
from kerasae.models.registries import DISCRIMINATORS


@DISCRIMINATORS.register("dense")
def dense(
    image_shape: tuple[int, int, int],
    num_classes: int,
    settings: Settings,
    *,
    units: Counts = [1024, 512, 256],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.3,
) -> keras.Model:
    """Build one hidden layer with dropout for each entry of `units` on the flattened pixels."""
    inputs, x = centered_input(image_shape)
    x = keras.layers.Flatten()(x)
    for width in units:
        x = drop(dense_block(x, width, settings, normalize=False), dropout)
    return with_logits(inputs, x, num_classes)
