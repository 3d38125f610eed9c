"""The `mlp` decoder: dense layers up to the pixels."""

from __future__ import annotations

import math

import keras

from kerasae.models.blocks import Count, Settings, dense, dropout, image
from kerasae.models.registries import DECODERS, DecoderTraits


@DECODERS.register("mlp", DecoderTraits(widths="units"))
def mlp(
    encoder: keras.Model,
    settings: Settings,
    *,
    units: list[Count] = [],  # noqa: B006 (read, never changed)
) -> keras.Model:
    """Build one hidden layer for each entry of `units`, then all pixels; any latent is flattened first."""
    latent = keras.Input(encoder.output_shape[1:], name="latent")
    x = keras.layers.Flatten()(latent)
    for width in units:
        x = dropout(dense(x, width, settings, normalize=False), settings.dropout)
    image_shape = encoder.input_shape[1:]
    x = keras.layers.Dense(math.prod(image_shape), **settings.kernel)(x)
    return keras.Model(latent, image(keras.layers.Reshape(image_shape)(x), settings), name="decoder")
