"""The `strided` decoder: the inverse of the `strided` encoder, from a vector to the image."""

from __future__ import annotations

import math

import keras

from kerasae.models.blocks import Count, Settings, activated, dense, dropout, image
from kerasae.models.decoder_widths import check_returning_sides
from kerasae.models.registries import DECODERS, DecoderTraits


@DECODERS.register("strided", DecoderTraits(widths="units"))
def strided(
    encoder: keras.Model,
    settings: Settings,
    *,
    filters: Count = 8,
    units: list[Count] = [64],  # noqa: B006 (read, never changed)
    normalize: bool = False,
) -> keras.Model:
    """Build dense layers, then transposed convolutions of stride 2: sides 3 -> 7 -> 14 -> 28."""
    image_shape = encoder.input_shape[1:]
    check_returning_sides(image_shape, "model.decoder")
    small = (*((side // 4 - 1) // 2 for side in image_shape[:2]), 4 * filters)
    latent = keras.Input(encoder.output_shape[1:], name="latent")
    x = keras.layers.Flatten()(latent)
    for width in [*units, math.prod(small)]:
        x = dropout(dense(x, width, settings, normalize=normalize), settings.dropout)
    x = keras.layers.Reshape(small)(x)
    for width, padding in ((2 * filters, "valid"), (filters, "same")):
        conv = keras.layers.Conv2DTranspose(width, 3, 2, padding, use_bias=not normalize, **settings.kernel)
        x = activated(conv(x), settings, normalize)
    x = keras.layers.Conv2DTranspose(image_shape[2], 3, 2, "same", **settings.kernel)(x)
    return keras.Model(latent, image(x, settings), name="decoder")
