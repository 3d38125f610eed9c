"""The `vgg` classifier: blocks of two convolutions from 128 filters up, then dense layers."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Rate, Settings
from kerasae.models.conv_stack import GlobalPooling, convolution_stack
from kerasae.models.registries import CLASSIFIERS


@CLASSIFIERS.register("vgg")
def vgg(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    filters: Counts = [128, 256],  # noqa: B006 (read, never changed)
    convolutions: Count = 2,
    dense: list[Count] = [256],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.4,
    global_pooling: GlobalPooling = "none",
) -> keras.Model:
    """Build a classifier; `filters` has one entry a block of `convolutions` layers, `dense` one a hidden layer."""
    return convolution_stack(
        *(latent_shape, num_classes, settings),
        filters=filters,
        convolutions=convolutions,
        dense=dense,
        dropout=dropout,
        global_pooling=global_pooling,
    )
