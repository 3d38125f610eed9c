"""The `mlp` encoder: dense layers on flattened pixels."""

from __future__ import annotations

import keras

from kerasae.models.blocks import (
    Counts,
    Settings,
    batch_normalization,
    dense,
    dropout,
    image_input,
)
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace


@ENCODERS.register(
    "mlp",
    EncoderTraits(
        decoder="mlp",
        classifier="mlp",
        search=SearchSpace("units", widths=(128, 256, 512, 1024), max_depth=3),
    ),
)
def mlp(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    units: Counts = [1536, 768],  # noqa: B006 (read, never changed)
    normalize: bool = True,
) -> keras.Model:
    """Build one dense layer for each entry of `units`; the latent is the last one's features, batch-normalized.

    The first model of study B, with 768 features. Without normalization (`normalize = False`) no classifier converged
    on them.
    """
    inputs, x = image_input(image_shape, settings)
    x = keras.layers.Flatten()(x)
    for index, width in enumerate(units):
        x = dense(x, width, settings, normalize=False)
        if index < len(units) - 1:
            x = dropout(x, settings.dropout)
    return keras.Model(inputs, batch_normalization(x, "features") if normalize else x, name="encoder")
