"""What all builders of parts share: the registries, the settings that a recipe gives to the whole model, and blocks."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import keras
from pydantic import Field

from kerasae.errors import RequestError
from kerasae.layers import BatchNormalization, TiedConv2D
from kerasae.registry import Registry

ENCODERS: Registry[keras.Model] = Registry("encoder")
DECODERS: Registry[keras.Model] = Registry("decoder")
CLASSIFIERS: Registry[keras.Model] = Registry("classifier")

Count = Annotated[int, Field(gt=0)]
Counts = Annotated[list[Count], Field(min_length=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of the whole model.

    Attributes:
        initializer: name of the Keras initializer of every kernel.
        dropout: dropout rate after each block of the encoder and the decoder.
        tied: whether the encoder's convolutions are to be shared with the decoder.
        mean, variance: statistics of the scaled training pictures, one a channel, with which the encoder standardizes
            its input; None leaves it in [0, 1].
    """

    initializer: str = "he_normal"
    dropout: float = 0.0
    tied: bool = False
    mean: tuple[float, ...] | None = None
    variance: tuple[float, ...] | None = None


def check_sides(image_shape: tuple[int, int, int], halvings: int, name: str) -> None:
    """Refuse a picture whose sides do not halve evenly.

    Raises:
        RequestError: names the nearest sides that would work.
    """
    step = 2**halvings
    wrong = [side for side in image_shape[:2] if side % step]
    if wrong:
        nearest = [max(step, round(side / step) * step) for side in image_shape[:2]]
        raise RequestError(
            f"model.encoder: {name!r} halves its picture {halvings} times: expected sides in multiples of {step}. "
            f"Received: {image_shape[0]}x{image_shape[1]}; set data.image_shape to "
            f"[{nearest[0]}, {nearest[1]}, {image_shape[2]}] or change the encoder's filters"
        )


def picture_input(image_shape: tuple[int, int, int], settings: Settings) -> tuple[Any, Any]:
    """Return the encoder's input, scaled pictures, and the same standardized if the settings ask for it."""
    inputs = keras.Input(image_shape, name="scaled_images")
    if settings.mean is None:
        return inputs, inputs
    standardize = keras.layers.Normalization(mean=list(settings.mean), variance=list(settings.variance or ()))
    return inputs, standardize(inputs)


def convolution(x: Any, filters: int, kernel_size: int, settings: Settings, strides: int = 1) -> Any:
    """Apply a convolution, batch normalization and ReLU; the convolution can be tied if the settings ask for it."""
    if settings.tied:
        conv: Any = TiedConv2D(filters, x.shape[-1], kernel_size, strides, settings.initializer)
    else:
        conv = keras.layers.Conv2D(
            filters,
            kernel_size,
            strides,
            padding="same",
            use_bias=False,
            kernel_initializer=settings.initializer,
        )
    return keras.layers.ReLU()(BatchNormalization(synchronized=True)(conv(x)))


def transposed_convolution(x: Any, filters: int, kernel_size: int, settings: Settings, strides: int = 2) -> Any:
    """Apply a transposed convolution, batch normalization and ReLU."""
    conv = keras.layers.Conv2DTranspose(
        filters, kernel_size, strides, padding="same", use_bias=False, kernel_initializer=settings.initializer
    )
    return keras.layers.ReLU()(BatchNormalization(synchronized=True)(conv(x)))


def dropout(x: Any, rate: float) -> Any:
    """Apply dropout, or nothing at rate 0."""
    return keras.layers.Dropout(rate)(x) if rate else x


def picture_output(x: Any, channels: int, kernel_size: int, settings: Settings) -> Any:
    """Map features to a picture in [0, 1] by a convolution and a sigmoid."""
    x = keras.layers.Conv2D(channels, kernel_size, padding="same", kernel_initializer=settings.initializer)(x)
    # In float32, because bfloat16 has too few levels near 1 for 256 greys.
    return keras.layers.Activation("sigmoid", dtype="float32", name="picture")(x)
