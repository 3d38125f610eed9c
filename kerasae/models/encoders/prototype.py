"""The `prototype` encoder: three large strided convolutions."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Settings, check_sides, convolution, dropout, image_input
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace


@ENCODERS.register(
    "prototype",
    EncoderTraits(
        decoder="prototype",
        classifier="prototype",
        search=SearchSpace("filters", widths=(12, 24, 48)),
    ),
)
def prototype(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    filters: Counts = [12, 24, 48],  # noqa: B006 (read, never changed)
    kernel_size: Count = 4,
) -> keras.Model:
    """Build an encoder of one convolution of stride 2 for each entry of `filters`: 32x32 to a latent of 4x4x48.

    The first model of study A: no batch normalization, high compression.
    """
    check_sides(image_shape, len(filters), "prototype")
    inputs, x = image_input(image_shape, settings)
    for width in filters:
        x = dropout(convolution(x, width, kernel_size, settings, strides=2, normalize=False), settings.dropout)
    return keras.Model(inputs, x, name="encoder")
