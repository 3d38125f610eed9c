"""The `inception` encoder: parallel convolutions of several sizes (Szegedy et al., arXiv 1409.4842)."""

from __future__ import annotations

from typing import Annotated, Any

import keras
from pydantic import Field

from kerasae.models.blocks import (
    Count,
    Settings,
    check_sides,
    convolution,
    dropout,
    image_input,
)
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace

Quartered = Annotated[int, Field(gt=0, multiple_of=4)]


@ENCODERS.register(
    "inception",
    EncoderTraits(
        can_be_tied=False,
        decoder="baseline",
        classifier="baseline",
        search=SearchSpace("filters", widths=(32, 64, 128), others={"blocks": [1, 2]}),
    ),
)
def inception(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    stem: Count = 32,
    filters: Annotated[list[Quartered], Field(min_length=1)] = [64, 128],  # noqa: B006 (read, never changed)
    blocks: Count = 1,
) -> keras.Model:
    """Build a 3x3 convolution of `stem` filters, then for each entry of `filters` `blocks` blocks and a max pooling.

    32x32 becomes a latent of 8x8x128. Each branch of a block outputs a quarter of its channels: the default widths are
    then multiples of 16, the block size of the CPU's kernels. The widths of the paper are uneven.
    """
    check_sides(image_shape, len(filters), "inception")
    inputs, x = image_input(image_shape, settings)
    x = convolution(x, stem, 3, settings)
    for width in filters:
        for _ in range(blocks):
            x = block(x, width, settings)
        x = dropout(keras.layers.MaxPooling2D()(x), settings.dropout)
    return keras.Model(inputs, x, name="encoder")


def block(x: Any, filters: int, settings: Settings) -> Any:
    """Concatenate four branches: 1x1; 3x3; 5x5 as two of 3x3 (arXiv 1512.00567, section 3.1); 3x3 max pooling.

    A 1x1 convolution before the larger convolutions reduces the map to their width.
    """
    quarter = filters // 4
    middle, large = (convolution(x, quarter, 1, settings) for _ in range(2))
    branches = [
        convolution(x, quarter, 1, settings),
        convolution(middle, quarter, 3, settings),
        convolution(convolution(large, quarter, 3, settings), quarter, 3, settings),
        convolution(keras.layers.MaxPooling2D(3, 1, padding="same")(x), quarter, 1, settings),
    ]
    return keras.layers.Concatenate()(branches)
