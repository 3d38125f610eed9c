"""The tied decoder: the transposes of the encoder's layers in reverse order."""

from __future__ import annotations

import keras

from kerasae.layers import TiedConv2D, TiedDense, Transposed
from kerasae.models.blocks import Settings, activated, dropout, image
from kerasae.utils.errors import RequestError

TIED = TiedConv2D | TiedDense
STEPS = TIED | keras.layers.MaxPooling2D | keras.layers.Flatten


def mirror(encoder: keras.Model, settings: Settings) -> keras.Model:
    """Build the mirror of an encoder made of tied convolutions and max pooling, or of tied dense layers.

    The kernels are the encoder's; biases, and batch normalization after convolutions, are new. Pooling is undone by
    repeating pixels, flattening by reshaping.

    Raises:
        RequestError: the encoder has no layer that can be tied.
    """
    steps = [layer for layer in encoder.layers if isinstance(layer, STEPS)]
    tied = [layer for layer in steps if isinstance(layer, TIED)]
    if not tied:
        raise RequestError("model.tied", expected="an encoder of tied layers", received="one without any")
    latent = keras.Input(encoder.output_shape[1:], name="latent")
    x = latent
    for layer in reversed(steps):
        if isinstance(layer, keras.layers.MaxPooling2D):
            x = dropout(keras.layers.UpSampling2D(layer.pool_size)(x), settings.dropout)
            continue
        if isinstance(layer, keras.layers.Flatten):
            x = keras.layers.Reshape(layer.input.shape[1:])(x)
            continue
        x = Transposed(layer, name=f"transposed_{layer.name}")(x)
        if layer is not tied[0]:
            x = activated(x, settings, normalize=isinstance(layer, TiedConv2D))
            x = dropout(x, settings.dropout) if isinstance(layer, TiedDense) or layer.strides > 1 else x
    return keras.Model(latent, image(x, settings), name="decoder")
