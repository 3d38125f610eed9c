"""The stack of convolution blocks and dense layers that classifiers are made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import keras

from kerasae.layers import BatchNormalization
from kerasae.models.parts import Settings, convolution
from kerasae.models.parts import dropout as drop


def convolution_stack(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    filters: Sequence[int],
    convolutions: int,
    dense: Sequence[int],
    dropout: float,
) -> keras.Model:
    """Build blocks of 3x3 convolutions, each ended by max pooling while the map is larger than 1x1, then dense layers.

    A latent that is a vector goes to the dense layers at once. Returns logits of shape (num_classes,).
    """
    untied = dataclasses.replace(settings, tied=False)
    latent = keras.Input(latent_shape, name="latent")
    x = latent
    if len(latent_shape) == 3:
        for width in filters:
            for _ in range(convolutions):
                x = convolution(x, width, 3, untied)
            if min(x.shape[1:3]) > 1:
                x = keras.layers.MaxPooling2D()(x)
            x = drop(x, dropout)
        x = keras.layers.Flatten()(x)
    for units in dense:
        x = keras.layers.Dense(units, use_bias=False, kernel_initializer=settings.initializer)(x)
        x = keras.layers.ReLU()(BatchNormalization(synchronized=True)(x))
        x = drop(x, dropout)
    logits = keras.layers.Dense(num_classes, kernel_initializer="glorot_uniform", name="logits")(x)
    return keras.Model(latent, logits, name="classifier")
