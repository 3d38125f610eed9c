"""The `convolutional` generator: a small map that is doubled until it is the image (DCGAN, arXiv 1511.06434)."""

from __future__ import annotations

import math

import keras

from kerasae.models.blocks import Count, Counts, Settings, activated, dense, transposed_convolution
from kerasae.models.generators.ends import generator_input, tanh_image
from kerasae.models.registries import GENERATORS, GeneratorTraits
from kerasae.utils.errors import RequestError


@GENERATORS.register("convolutional", GeneratorTraits(discriminator="convolutional"))
def convolutional(
    image_shape: tuple[int, int, int],
    noise_dim: int,
    num_classes: int,
    settings: Settings,
    *,
    filters: Counts = [64, 32],  # noqa: B006 (read, never changed)
    units: list[Count] = [],  # noqa: B006 (read, never changed)
    kernel_size: Count = 4,
) -> keras.Model:
    """Build dense layers, a map of the first of `filters`, and one doubling for each entry of them.

    A kernel whose side is a multiple of the stride, 2, leaves no checkerboard (Odena, Dumoulin and Olah 2016,
    doi:10.23915/distill.00003).

    Raises:
        RequestError: the image's sides do not halve evenly.
    """
    height, width, channels = image_shape
    step = 2 ** len(filters)
    if height % step or width % step:
        raise RequestError(
            f"model.adversarial.generator: 'convolutional' doubles its map {len(filters)} times",
            expected=f"sides in multiples of {step}",
            received=f"{height}x{width}",
            fix="set data.image_shape or change the generator's filters",
        )
    inputs, x = generator_input(noise_dim, num_classes)
    for count in units:
        x = dense(x, count, settings)
    small = (height // step, width // step, filters[0])
    x = keras.layers.Dense(math.prod(small), use_bias=False, **settings.kernel)(x)
    x = activated(keras.layers.Reshape(small)(x), settings, normalize=True)
    for count in filters[1:]:
        x = transposed_convolution(x, count, kernel_size, settings)
    x = keras.layers.Conv2DTranspose(channels, kernel_size, 2, padding="same", **settings.kernel)(x)
    return keras.Model(inputs, tanh_image(x), name="generator")
