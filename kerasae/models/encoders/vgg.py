"""The `vgg` encoder: blocks of 3x3 convolutions with max pooling between (Simonyan and Zisserman, arXiv 1409.1556)."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Settings, check_sides, convolution, dropout, image_input
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace


@ENCODERS.register(
    "vgg",
    EncoderTraits(
        decoder="vgg",
        classifier="vgg",
        search=SearchSpace("filters", widths=(16, 32, 64, 96), others={"convolutions": [1, 2, 3]}),
    ),
)
def vgg(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    filters: Counts = [32, 64],  # noqa: B006 (read, never changed)
    convolutions: Count = 2,
    kernel_size: Count = 3,
) -> keras.Model:
    """Build an encoder of one block for each entry of `filters`, `convolutions` deep: 32x32 to a latent of 8x8x64."""
    check_sides(image_shape, len(filters), "vgg")
    inputs, x = image_input(image_shape, settings)
    for width in filters:
        for _ in range(convolutions):
            x = convolution(x, width, kernel_size, settings)
        x = dropout(keras.layers.MaxPooling2D()(x), settings.dropout)
    return keras.Model(inputs, x, name="encoder")
