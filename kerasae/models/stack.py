"""The stack of convolution blocks and dense layers that classifiers are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import keras

from kerasae.models import parts
from kerasae.models.parts import Settings


def convolution_stack(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    filters: Sequence[int],
    convolutions: int,
    dense: Sequence[int],
    dropout: float,
    pool: bool = True,
    normalize: bool = True,
) -> keras.Model:
    """Build blocks of 3x3 convolutions, ended by max pooling while the map is larger than 1x1, then dense layers.

    A latent that is a vector goes to the dense layers at once. Returns logits of shape (num_classes,).
    """
    untied = dataclasses.replace(settings, tied=False)
    latent = keras.Input(latent_shape, name="latent")
    x = latent
    if len(latent_shape) == 3:
        for width in filters:
            for _ in range(convolutions):
                x = parts.convolution(x, width, 3, untied, normalize=normalize)
            if pool and min(x.shape[1:3]) > 1:
                x = keras.layers.MaxPooling2D()(x)
            x = parts.dropout(x, dropout)
        x = keras.layers.Flatten()(x)
    for units in dense:
        x = parts.dropout(parts.dense(x, units, untied, normalize=normalize), dropout)
    logits = keras.layers.Dense(num_classes, kernel_initializer="glorot_uniform", name="logits")(x)
    return keras.Model(latent, logits, name="classifier")
