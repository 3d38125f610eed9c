"""The `conv1d` classifier: one-dimensional convolutions along the entries of a latent vector."""

from __future__ import annotations

import math

import keras

from kerasae.models import blocks
from kerasae.models.blocks import Count, Counts, Rate, Settings
from kerasae.models.registries import CLASSIFIERS


@CLASSIFIERS.register("conv1d")
def conv1d(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    filters: Counts = [32, 64],  # noqa: B006 (read, never changed)
    kernel_size: Count = 5,
    units: Count = 128,
    dropout: Rate = 0.3,
) -> keras.Model:
    """Build one convolution and one max pooling for each entry of `filters`, then a hidden layer.

    Study B's second classifier on the 768 features. The entries of a latent have no order, so expect little of it.
    """
    latent = keras.Input(latent_shape, name="latent")
    x = keras.layers.Reshape((math.prod(latent_shape), 1))(latent)
    for width in filters:
        x = keras.layers.Conv1D(width, kernel_size, padding="same", use_bias=False, **settings.kernel)(x)
        x = blocks.activated(x, settings, normalize=True)
        x = keras.layers.MaxPooling1D()(x) if x.shape[1] > 1 else x
    x = blocks.dropout(blocks.dense(keras.layers.Flatten()(x), units, settings), dropout)
    return keras.Model(latent, blocks.logits(x, num_classes, settings), name="classifier")
