"""The `subpixel` decoder: convolutions on small maps whose channels become pixels (Shi et al., arXiv 1609.05158)."""

from __future__ import annotations

import keras

from kerasae.layers import DepthToSpace
from kerasae.models.blocks import Count, Counts, Settings, convolution, dropout, image
from kerasae.models.decoder_widths import doublings
from kerasae.models.registries import DECODERS


@DECODERS.register("subpixel")
def subpixel(
    encoder: keras.Model,
    settings: Settings,
    *,
    filters: Counts = [64, 32],  # noqa: B006 (read, never changed)
    kernel_size: Count = 3,
) -> keras.Model:
    """Build one convolution and one doubling of the sides for each halving of the encoder.

    `filters` are the channels of the convolution before each doubling. All convolutions work on the smaller map, which
    makes this the cheapest decoder that enlarges a map.
    """
    latent = x = keras.Input(encoder.output_shape[1:], name="latent")
    widths = doublings(encoder, filters)
    channels = encoder.input_shape[-1]
    for index, width in enumerate(widths):
        x = dropout(convolution(x, width, kernel_size, settings), settings.dropout)
        after = widths[index + 1] if index + 1 < len(widths) else channels
        x = keras.layers.Conv2D(4 * after, kernel_size, padding="same", **settings.kernel)(x)
        x = DepthToSpace(2)(x)
    if not widths:
        x = keras.layers.Conv2D(channels, kernel_size, padding="same", **settings.kernel)(x)
    return keras.Model(latent, image(x, settings), name="decoder")
