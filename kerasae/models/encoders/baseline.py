"""The `baseline` encoder: 3x3 convolutions, each second one with stride 2."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Settings, check_sides, convolution, dropout, image_input
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace


@ENCODERS.register(
    "baseline",
    EncoderTraits(
        decoder="baseline",
        classifier="baseline",
        search=SearchSpace("filters", widths=(16, 32, 48, 64)),
    ),
)
def baseline(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    filters: Counts = [32, 48],  # noqa: B006 (read, never changed)
    kernel_size: Count = 3,
) -> keras.Model:
    """Build an encoder that halves the image once for each entry of `filters`: 32x32 to a latent of 8x8x48.

    Widths are multiples of 16, the block size of the CPU's convolution kernels: 24 filters trained at half the speed of
    32.
    """
    check_sides(image_shape, len(filters), "baseline")
    inputs, x = image_input(image_shape, settings)
    for width in filters:
        x = convolution(x, width, kernel_size, settings)
        x = convolution(x, width, kernel_size, settings, strides=2)
        x = dropout(x, settings.dropout)
    return keras.Model(inputs, x, name="encoder")
