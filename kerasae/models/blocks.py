"""What all builders of parts share: the settings that a recipe gives to the whole model, and blocks of layers."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Any, Literal

import keras
from pydantic import Field

from kerasae.layers import BatchNormalization, NegativeProduct, PixelScale, Polarity, TiedConv2D, TiedDense, Whitening
from kerasae.utils.errors import RequestError

Count = Annotated[int, Field(gt=0)]
Counts = Annotated[list[Count], Field(min_length=1)]
Repeats = list[Annotated[int, Field(ge=0)]]
Rate = Annotated[float, Field(ge=0, lt=1)]


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of the whole model that all builders receive.

    Attributes:
        activation: name of the Keras activation after every hidden layer.
        initializer: name of the Keras initializer of every kernel.
        l1, l2: factors of the kernel regularization that is added to the loss.
        dropout: dropout rate after each block of the encoder and the decoder.
        tied: whether the decoder shares the kernels of the encoder.
        input: the transform of the encoder's input: none ("plain"), `NegativeProduct` or `Polarity`.
        mean, variance: statistics of the scaled training images, one value for each channel; the encoder standardizes
            its input with them. None leaves the input in [0, 1].
        whiten: whether the encoder whitens patches of the standardized images first.
        standardized_output: whether the output of the decoder is linear on the standardized scale; otherwise it is a
            sigmoid.
    """

    activation: str = "relu"
    initializer: str = "he_normal"
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    tied: bool = False
    input: Literal["plain", "product", "polarity"] = "plain"
    mean: tuple[float, ...] | None = None
    variance: tuple[float, ...] | None = None
    whiten: bool = False
    standardized_output: bool = False

    @property
    def kernel(self) -> dict[str, Any]:
        """Initializer and regularizer of every kernel, as arguments of a Keras layer."""
        regularizer = keras.regularizers.L1L2(self.l1, self.l2) if self.l1 or self.l2 else None
        return {"kernel_initializer": self.initializer, "kernel_regularizer": regularizer}


def check_sides(image_shape: tuple[int, int, int], halvings: int, name: str) -> None:
    """Refuse images whose sides cannot be halved evenly.

    Raises:
        RequestError: suggests the nearest sides that can.
    """
    step = 2**halvings
    if any(side % step for side in image_shape[:2]):
        nearest = [max(step, round(side / step) * step) for side in image_shape[:2]]
        raise RequestError(
            f"model.encoder: {name!r} halves its image {halvings} times",
            expected=f"sides in multiples of {step}",
            received=f"{image_shape[0]}x{image_shape[1]}",
            fix=f"set data.image_shape to [{nearest[0]}, {nearest[1]}, {image_shape[2]}] or change the encoder's depth",
        )


def image_input(image_shape: tuple[int, int, int], settings: Settings) -> tuple[Any, Any]:
    """Return the encoder's input, scaled images, and the input transformed, standardized and whitened by the settings.

    Raises:
        RequestError: images smaller than the patches to be whitened.
    """
    inputs = x = keras.Input(image_shape, name="scaled_images")
    # In float32, because bfloat16 has too few values near 1 for 256 grey levels.
    if settings.input == "polarity":
        x = Polarity(dtype="float32", name="polarity")(x)
    elif settings.input == "product":
        x = NegativeProduct(dtype="float32", name="negative_product")(x)
    if settings.mean is None:
        return inputs, x
    dtype = "float32" if settings.whiten else None  # whitening would amplify the rounding of half precision
    x = keras.layers.Normalization(mean=list(settings.mean), variance=list(settings.variance or ()), dtype=dtype)(x)
    if settings.whiten:
        if min(image_shape[:2]) < 2:
            raise RequestError(
                "model.standardize",
                expected="images of at least 2x2 pixels for 'whitening'",
                received=f"images of {image_shape[0]}x{image_shape[1]}",
                fix="set it to 'z-score' or data.image_shape larger",
            )
        x = activated(Whitening(name="whitening")(x), settings, normalize=False)
    return inputs, x


def convolution(
    x: Any,
    filters: int,
    kernel_size: int,
    settings: Settings,
    strides: int = 1,
    *,
    normalize: bool = True,
    padding: str = "same",
) -> Any:
    """Apply a convolution, batch normalization with `normalize`, and the activation.

    With tied settings the convolution is a `TiedConv2D`.
    """
    if settings.tied:
        conv: Any = TiedConv2D(filters, x.shape[-1], kernel_size, strides, **settings.kernel)
    else:
        conv = keras.layers.Conv2D(
            filters, kernel_size, strides, padding=padding, use_bias=not normalize, **settings.kernel
        )
    return activated(conv(x), settings, normalize)


def transposed_convolution(
    x: Any, filters: int, kernel_size: int, settings: Settings, *, normalize: bool = True
) -> Any:
    """Apply a transposed convolution of stride 2, batch normalization with `normalize`, and the activation."""
    conv = keras.layers.Conv2DTranspose(
        filters, kernel_size, 2, padding="same", use_bias=not normalize, **settings.kernel
    )
    return activated(conv(x), settings, normalize)


def dense(x: Any, units: int, settings: Settings, *, normalize: bool = True) -> Any:
    """Apply a dense layer (a `TiedDense` with tied settings), batch normalization with `normalize`, and activation."""
    if settings.tied:
        layer: Any = TiedDense(units, x.shape[-1], **settings.kernel)
    else:
        layer = keras.layers.Dense(units, use_bias=not normalize, **settings.kernel)
    return activated(layer(x), settings, normalize)


def logits(x: Any, num_classes: int, settings: Settings) -> Any:
    """Apply the last layer of a classifier, a dense layer without activation.

    It uses Glorot uniform instead of a He initializer: He et al. (2015, arXiv 1502.01852) derive theirs for layers
    followed by a rectifier, and a softmax follows here.
    """
    kernel = dict(settings.kernel)
    if settings.initializer.startswith("he_"):
        kernel["kernel_initializer"] = "glorot_uniform"
    return keras.layers.Dense(num_classes, name="logits", **kernel)(x)


def activated(x: Any, settings: Settings, normalize: bool) -> Any:
    """Apply batch normalization with `normalize`, and the activation."""
    x = batch_normalization(x) if normalize else x
    return keras.layers.Activation(settings.activation)(x)


def batch_normalization(x: Any, name: str | None = None) -> Any:
    """Apply batch normalization, with statistics over all replicas if the backend supports it."""
    return BatchNormalization(synchronized=keras.backend.backend() == "tensorflow", name=name)(x)


def dropout(x: Any, rate: float) -> Any:
    """Apply dropout, or nothing at rate 0."""
    return keras.layers.Dropout(rate)(x) if rate else x


def image_output(x: Any, channels: int, kernel_size: int, settings: Settings, strides: int = 1) -> Any:
    """Map features to an image by a convolution, transposed for a stride above 1, and `image`."""
    kind = keras.layers.Conv2D if strides == 1 else keras.layers.Conv2DTranspose
    return image(kind(channels, kernel_size, strides, padding="same", **settings.kernel)(x), settings)


def image(x: Any, settings: Settings) -> Any:
    """Apply a sigmoid, or undo the standardization, in float32: bfloat16 cannot represent 256 grey levels."""
    if settings.standardized_output and settings.mean is not None and settings.variance is not None:
        deviation = [math.sqrt(variance) for variance in settings.variance]
        return PixelScale(settings.mean, deviation, name="picture")(x)
    return keras.layers.Activation("sigmoid", dtype="float32", name="picture")(x)
