"""The `mlp` classifier: dense layers on a latent of any shape."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Rate, Settings
from kerasae.models.conv_stack import GlobalPooling, convolution_stack
from kerasae.models.registries import CLASSIFIERS


@CLASSIFIERS.register("mlp")
def mlp(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    dense: list[Count] = [512, 256],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.3,
    global_pooling: GlobalPooling = "none",
    normalize: bool = True,
) -> keras.Model:
    """Build one hidden layer for each entry of `dense`; none of them makes it study C's single-layer matcher."""
    return convolution_stack(
        *(latent_shape, num_classes, settings),
        filters=[],
        convolutions=0,
        dense=dense,
        dropout=dropout,
        global_pooling=global_pooling,
        normalize=normalize,
    )
