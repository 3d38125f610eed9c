"""The `baseline` decoder: transposed convolutions up to the image's size, then a sigmoid."""

from __future__ import annotations

import keras

from kerasae.models.blocks import (
    Count,
    Counts,
    Settings,
    convolution,
    dropout,
    image_output,
    transposed_convolution,
)
from kerasae.models.decoder_widths import doublings
from kerasae.models.registries import DECODERS, DecoderTraits


@DECODERS.register("baseline", DecoderTraits(widths="filters"))
def baseline(
    encoder: keras.Model,
    settings: Settings,
    *,
    filters: Counts = [48, 32],  # noqa: B006 (read, never changed)
    kernel_size: Count = 3,
) -> keras.Model:
    """Build a decoder that doubles the latent's sides once for each halving of the encoder."""
    latent = keras.Input(encoder.output_shape[1:], name="latent")
    x = latent
    for width in doublings(encoder, filters):
        x = transposed_convolution(x, width, kernel_size, settings)
        x = convolution(x, width, kernel_size, settings)
        x = dropout(x, settings.dropout)
    return keras.Model(latent, image_output(x, encoder.input_shape[-1], kernel_size, settings), name="decoder")
