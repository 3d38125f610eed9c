"""The `dense` generator: hidden layers up to the pixels, as in study C."""

from __future__ import annotations

import math

import keras

from kerasae.models.blocks import Counts, Settings
from kerasae.models.blocks import dense as dense_block
from kerasae.models.generators.ends import generator_input, tanh_image
from kerasae.models.registries import GENERATORS, GeneratorTraits


@GENERATORS.register("dense", GeneratorTraits(discriminator="dense"))
def dense(
    image_shape: tuple[int, int, int],
    noise_dim: int,
    num_classes: int,
    settings: Settings,
    *,
    units: Counts = [256, 512, 1024],  # noqa: B006 (read, never changed)
    normalize: bool = False,
) -> keras.Model:
    """Build one hidden layer for each entry of `units`, then all pixels at once."""
    inputs, x = generator_input(noise_dim, num_classes)
    for width in units:
        x = dense_block(x, width, settings, normalize=normalize)
    x = keras.layers.Dense(math.prod(image_shape), **settings.kernel)(x)
    return keras.Model(inputs, tanh_image(keras.layers.Reshape(image_shape)(x)), name="generator")
