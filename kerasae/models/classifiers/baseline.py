"""The `baseline` classifier: convolutions with batch normalization, max pooling and dropout, then dense layers."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Rate, Settings
from kerasae.models.conv_stack import GlobalPooling, convolution_stack
from kerasae.models.registries import CLASSIFIERS


@CLASSIFIERS.register("baseline")
def baseline(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    filters: Counts = [96, 192],  # noqa: B006 (read, never changed)
    convolutions: Count = 1,
    dense: list[Count] = [128],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.3,
    global_pooling: GlobalPooling = "none",
) -> keras.Model:
    """Build a light classifier; `filters` has one entry a block, `dense` one a hidden layer."""
    return convolution_stack(
        *(latent_shape, num_classes, settings),
        filters=filters,
        convolutions=convolutions,
        dense=dense,
        dropout=dropout,
        global_pooling=global_pooling,
    )
