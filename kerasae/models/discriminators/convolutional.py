"""The `convolutional` discriminator: convolutions of stride 2 with dropout (arXiv 1511.06434)."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Rate, Settings, convolution
from kerasae.models.blocks import dense as dense_block
from kerasae.models.blocks import dropout as drop
from kerasae.models.discriminators.ends import centered_input, with_logits
from kerasae.models.registries import DISCRIMINATORS


@DISCRIMINATORS.register("convolutional")
def convolutional(
    image_shape: tuple[int, int, int],
    num_classes: int,
    settings: Settings,
    *,
    filters: Counts = [32, 64],  # noqa: B006 (read, never changed)
    units: list[Count] = [],  # noqa: B006 (read, never changed)
    kernel_size: Count = 4,
    dropout: Rate = 0.3,
) -> keras.Model:
    """Build one convolution of stride 2 for each entry of `filters`, then dense layers, dropout after each.

    Without batch normalization: a batch of real images and one of made ones would tell themselves apart by their
    statistics alone.
    """
    inputs, x = centered_input(image_shape)
    for count in filters:
        x = drop(convolution(x, count, kernel_size, settings, strides=2, normalize=False), dropout)
    x = keras.layers.Flatten()(x)
    for count in units:
        x = drop(dense_block(x, count, settings, normalize=False), dropout)
    return with_logits(inputs, x, num_classes)
