"""The `vgg` decoder: blocks of 3x3 convolutions with learned or repeated upsampling between them."""

from __future__ import annotations

from typing import Literal

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


@DECODERS.register("vgg", DecoderTraits(widths="filters"))
def vgg(
    encoder: keras.Model,
    settings: Settings,
    *,
    filters: Counts = [64, 32],  # noqa: B006 (read, never changed)
    convolutions: Count = 2,
    kernel_size: Count = 3,
    enlarge: Literal["transpose", "repeat"] = "transpose",
) -> keras.Model:
    """Build a decoder of one block for each halving of the encoder.

    `enlarge` doubles the sides by a transposed convolution of stride 2 or by repeating pixels before a convolution;
    a block has `convolutions` layers, the enlarging one included.
    """
    latent = keras.Input(encoder.output_shape[1:], name="latent")
    x = latent
    for width in doublings(encoder, filters):
        if enlarge == "transpose":
            x = transposed_convolution(x, width, kernel_size, settings)
        else:
            x = convolution(keras.layers.UpSampling2D()(x), width, kernel_size, settings)
        for _ in range(convolutions - 1):
            x = convolution(x, width, kernel_size, settings)
        x = dropout(x, settings.dropout)
    return keras.Model(latent, image_output(x, encoder.input_shape[-1], kernel_size, settings), name="decoder")
