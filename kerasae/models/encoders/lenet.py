"""The `lenet` encoder: the two convolutions of LeNet-5 (LeCun et al., 1998, Proceedings of the IEEE 86)."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Settings, convolution, dropout, image_input
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace
from kerasae.utils.errors import RequestError


@ENCODERS.register(
    "lenet",
    EncoderTraits(
        can_be_tied=False,
        decoder="mlp",
        classifier="lenet",
        search=SearchSpace("filters", widths=(6, 16, 32), max_depth=2),
    ),
)
def lenet(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    filters: Counts = [6, 16],  # noqa: B006 (read, never changed)
    kernel_size: Count = 5,
) -> keras.Model:
    """Build one convolution without padding and one max pooling for each entry of `filters`: 28x28 to 4x4x16."""
    inputs, x = image_input(image_shape, settings)
    for width in filters:
        if min(x.shape[1:3]) < kernel_size + 1:
            smallest = 1
            for _ in filters:
                smallest = 2 * smallest + kernel_size - 1
            raise RequestError(
                "model.encoder: 'lenet' convolves without padding",
                expected=f"sides of at least {smallest}",
                received=f"{image_shape[0]}x{image_shape[1]}",
                fix="set data.image_shape larger",
            )
        x = convolution(x, width, kernel_size, settings, normalize=False, padding="valid")
        x = dropout(keras.layers.MaxPooling2D()(x), settings.dropout)
    return keras.Model(inputs, x, name="encoder")
