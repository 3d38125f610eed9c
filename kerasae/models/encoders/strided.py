"""The `strided` encoder: three convolutions of stride 2, dense layers, and a latent vector, linear or a softmax."""

from __future__ import annotations

from typing import Literal

import keras

from kerasae.models.blocks import (
    Count,
    Settings,
    convolution,
    dense,
    dropout,
    image_input,
)
from kerasae.models.decoder_widths import check_returning_sides
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace

# Zero padding before each convolution: 28 -> 15 -> 8 -> 3.
PADDING = (2, 1, 0)


@ENCODERS.register(
    "strided",
    EncoderTraits(
        can_be_tied=False,
        decoder="strided",
        classifier="baseline",
        search=SearchSpace(
            "units",
            widths=(32, 64, 128),
            max_depth=2,
            others={
                "filters": {"choice": [8, 16, 32], "also": ["model.decoder.filters"]},
                "latent_dim": [8, 14, 32, 64],
            },
        ),
    ),
)
def strided(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    filters: Count = 8,
    units: list[Count] = [64],  # noqa: B006 (read, never changed)
    latent_dim: Count = 14,
    latent: Literal["linear", "softmax"] = "linear",
    normalize: bool = False,
) -> keras.Model:
    """Build convolutions of `filters`, twice and four times as many channels, then dense layers and the latent.

    Study D's searched encoder (n = 8, latent 14); study C's is the same with latent 10 and dropout 0.5. A softmax
    latent with an entry a class is study C's class output in the middle of the autoencoder (classifier `latent`).
    """
    check_returning_sides(image_shape, "model.encoder")
    inputs, x = image_input(image_shape, settings)
    for index, padding in enumerate(PADDING):
        x = keras.layers.ZeroPadding2D(padding)(x) if padding else x
        x = convolution(x, filters * 2**index, 3, settings, 2, normalize=normalize, padding="valid")
    x = keras.layers.Flatten()(x)
    for width in units:
        x = dropout(dense(x, width, settings, normalize=normalize), settings.dropout)
    outputs = keras.layers.Dense(latent_dim, name="latent_vector", **settings.kernel)(x)
    if latent == "softmax":
        # In float32: in half precision a probability may round to 0 or 1, and its logarithm has no gradient.
        outputs = keras.layers.Softmax(dtype="float32", name="latent_softmax")(outputs)
    return keras.Model(inputs, outputs, name="encoder")
