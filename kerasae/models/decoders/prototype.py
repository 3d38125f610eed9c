"""The `prototype` decoder: large transposed convolutions."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Counts, Settings, dropout, image_output, transposed_convolution
from kerasae.models.decoder_widths import doublings
from kerasae.models.registries import DECODERS, DecoderTraits


@DECODERS.register("prototype", DecoderTraits(widths="filters"))
def prototype(
    encoder: keras.Model,
    settings: Settings,
    *,
    filters: Counts = [24, 12],  # noqa: B006 (read, never changed)
    kernel_size: Count = 4,
) -> keras.Model:
    """Build one transposed convolution of stride 2 for each halving of the encoder, the last one into the image."""
    latent = keras.Input(encoder.output_shape[1:], name="latent")
    x = latent
    for width in doublings(encoder, filters)[:-1]:
        x = dropout(transposed_convolution(x, width, kernel_size, settings, normalize=False), settings.dropout)
    outputs = image_output(x, encoder.input_shape[-1], kernel_size, settings, strides=2)
    return keras.Model(latent, outputs, name="decoder")
