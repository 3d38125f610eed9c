"""The `mlp` classifier: dense layers on a latent of any shape."""

from __future__ import annotations

import math

import keras

from kerasae.models.parts import CLASSIFIERS, Count, Rate, Settings
from kerasae.models.stack import convolution_stack


@CLASSIFIERS.register("mlp")
def mlp(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    dense: list[Count] = [512, 256],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.3,
    normalize: bool = True,
) -> keras.Model:
    """Build one hidden layer for each entry of `dense`; none of them makes it study C's single-layer matcher."""
    vector = (math.prod(latent_shape),)
    head = convolution_stack(
        *(vector, num_classes, settings),
        filters=[],
        convolutions=0,
        dense=dense,
        dropout=dropout,
        normalize=normalize,
    )
    if len(latent_shape) == 1:
        return head
    latent = keras.Input(latent_shape, name="latent")
    return keras.Model(latent, head(keras.layers.Flatten()(latent)), name="classifier")
