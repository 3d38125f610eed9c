"""The `prototype` classifier: stacked convolutions with batch normalization, without pooling."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Rate, Settings
from kerasae.models.conv_stack import GlobalPooling, convolution_stack
from kerasae.models.registries import CLASSIFIERS


@CLASSIFIERS.register("prototype")
def prototype(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    filters: Counts = [96, 96],  # noqa: B006 (read, never changed)
    dense: list[Count] = [128],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.5,
    global_pooling: GlobalPooling = "none",
) -> keras.Model:
    """Build study A's first classifier; `filters` has one entry a convolution, `dense` one a hidden layer."""
    return convolution_stack(
        *(latent_shape, num_classes, settings),
        filters=filters,
        convolutions=1,
        dense=dense,
        dropout=dropout,
        global_pooling=global_pooling,
        pool=False,
    )
