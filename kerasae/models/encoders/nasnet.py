"""The `nasnet` encoder: the cells of NASNet-A, from an architecture search (Zoph et al., arXiv 1707.07012)."""

from __future__ import annotations

from typing import Annotated, Any

import keras
from pydantic import Field

from kerasae.models.blocks import (
    Count,
    Settings,
    batch_normalization,
    check_sides,
    dropout,
    image_input,
)
from kerasae.models.registries import ENCODERS, EncoderTraits, SearchSpace

Halved = Annotated[int, Field(gt=0, multiple_of=2)]


@ENCODERS.register(
    "nasnet",
    EncoderTraits(
        can_be_tied=False,
        decoder="baseline",
        classifier="baseline",
        search=SearchSpace("filters", widths=(16, 32), others={"cells": [1, 2]}),
    ),
)
def nasnet(
    image_shape: tuple[int, int, int],
    settings: Settings,
    *,
    stem: Count = 32,
    filters: Annotated[list[Halved], Field(min_length=1)] = [16, 32],  # noqa: B006 (read, never changed)
    cells: Count = 1,
) -> keras.Model:
    """Build a 3x3 convolution, then for each entry of `filters` `cells` normal cells and a reduction cell.

    A normal cell outputs six times its filters, a reduction cell four times: 32x32 becomes a latent of 8x8x128. Each
    cell takes the outputs of the two cells before it. On CPUs it is faster in float32 than in bfloat16, for which
    TensorFlow has no fast depthwise convolution.
    """
    check_sides(image_shape, len(filters), "nasnet")
    inputs, x = image_input(image_shape, settings)
    x = keras.layers.Conv2D(stem, 3, padding="same", use_bias=False, **settings.kernel)(x)
    x = before = batch_normalization(x)
    for width in filters:
        for _ in range(cells):
            x, before = normal_cell(x, before, width, settings), x
        x, before = reduction_cell(x, before, width, settings), x
        x = dropout(x, settings.dropout)
    # The operations of a cell activate their inputs; the last output needs an activation of its own.
    return keras.Model(inputs, keras.layers.Activation(settings.activation)(x), name="encoder")


def normal_cell(x: Any, before: Any, filters: int, settings: Settings) -> Any:
    """Apply the normal cell of NASNet-A (figure 4, left), which keeps the sides."""
    p, h = fitted(before, x, filters, settings), squeezed(x, filters, settings)
    add, average = keras.layers.add, pooled(p)
    blocks = [
        add([separable(h, filters, 5, settings), separable(p, filters, 3, settings)]),
        add([separable(p, filters, 5, settings), separable(p, filters, 3, settings)]),
        add([pooled(h), p]),
        add([average, average]),
        add([separable(h, filters, 3, settings), h]),
    ]
    return keras.layers.Concatenate()([p, *blocks])


def reduction_cell(x: Any, before: Any, filters: int, settings: Settings) -> Any:
    """Apply the reduction cell of NASNet-A (figure 4, right), which halves the sides."""
    p, h = fitted(before, x, filters, settings), squeezed(x, filters, settings)
    add, largest = keras.layers.add, keras.layers.MaxPooling2D(3, 2, padding="same")(h)
    first = add([separable(h, filters, 5, settings, 2), separable(p, filters, 7, settings, 2)])
    second = add([largest, separable(p, filters, 7, settings, 2)])
    third = add([pooled(h, 2), separable(p, filters, 5, settings, 2)])
    fourth = add([pooled(first), second])
    fifth = add([separable(first, filters, 3, settings), largest])
    return keras.layers.Concatenate()([second, third, fourth, fifth])


def separable(x: Any, filters: int, kernel_size: int, settings: Settings, strides: int = 1) -> Any:
    """Apply activation, separable convolution and batch normalization twice, as the paper's appendix A.4 says."""
    kernel = settings.kernel
    for step in (strides, 1):
        x = keras.layers.Activation(settings.activation)(x)
        x = keras.layers.SeparableConv2D(
            filters,
            kernel_size,
            step,
            padding="same",
            use_bias=False,
            depthwise_initializer=kernel["kernel_initializer"],
            pointwise_initializer=kernel["kernel_initializer"],
            depthwise_regularizer=kernel["kernel_regularizer"],
            pointwise_regularizer=kernel["kernel_regularizer"],
        )(x)
        x = batch_normalization(x)
    return x


def pooled(x: Any, strides: int = 1) -> Any:
    """Average over 3x3 pixels."""
    return keras.layers.AveragePooling2D(3, strides, padding="same")(x)


def squeezed(x: Any, filters: int, settings: Settings) -> Any:
    """Map a cell's input to the cell's width by a 1x1 convolution."""
    x = keras.layers.Activation(settings.activation)(x)
    return batch_normalization(keras.layers.Conv2D(filters, 1, use_bias=False, **settings.kernel)(x))


def fitted(before: Any, x: Any, filters: int, settings: Settings) -> Any:
    """Map the output before the last to the sides of the last output, `x`, and to the cell's width.

    To halve the sides, every second pixel is taken twice, the second time shifted by one pixel, each for half of the
    channels.
    """
    if before.shape[1:3] == x.shape[1:3]:
        return squeezed(before, filters, settings)
    before = keras.layers.Activation(settings.activation)(before)
    shifted = keras.layers.ZeroPadding2D(((0, 1), (0, 1)))(keras.layers.Cropping2D(((1, 0), (1, 0)))(before))
    halves = [
        keras.layers.Conv2D(filters // 2, 1, 2, use_bias=False, **settings.kernel)(path) for path in (before, shifted)
    ]
    return batch_normalization(keras.layers.Concatenate()(halves))
