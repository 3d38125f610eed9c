"""The `residual` encoder: groups of a pooled convolution and residual blocks (He et al., arXiv 1512.03385)."""

from __future__ import annotations

from typing import Annotated

import keras
from pydantic import Field

from kerasae.models.blocks import (
    Counts,
    Repeats,
    Settings,
    check_sides,
    convolution,
    image_input,
)
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace
from kerasae.models.residual import residual_groups


@ENCODERS.register(
    "residual",
    EncoderTraits(
        can_be_tied=False,
        decoder="subpixel",
        classifier="residual",
        search=SearchSpace(
            "filters",
            widths=(32, 64, 128, 256),
            others={"blocks": {"like": "model.encoder.filters", "width": [0, 1, 2]}},
        ),
    ),
)
def residual(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    stem: Annotated[int, Field(ge=0)] = 32,
    filters: Counts = [64, 128],  # noqa: B006 (read, never changed)
    blocks: Repeats = [1, 1],  # noqa: B006 (read, never changed)
) -> keras.Model:
    """Build a convolution of `stem` filters, if any, then a group for each entry of `filters`: 32x32 to 8x8x128."""
    check_sides(image_shape, len(filters), "residual")
    inputs, x = image_input(image_shape, settings)
    x = convolution(x, stem, 3, settings) if stem else x
    x = residual_groups(x, filters, blocks, settings, "model.encoder")
    return keras.Model(inputs, x, name="encoder")
