"""The tied decoder: the encoder's own convolutions, run backwards in reverse order."""

from __future__ import annotations

import keras

from kerasae.errors import RequestError
from kerasae.layers import TiedConv2D, Transposed
from kerasae.models.parts import Settings, activated, dropout, picture


def mirror(encoder: keras.Model, settings: Settings) -> keras.Model:
    """Build the mirror of an encoder made of tied convolutions and max pooling.

    Kernels are the encoder's; biases and batch normalization are the decoder's own. Pooling is undone by repetition.

    Raises:
        RequestError: the encoder has no convolution that can be tied.
    """
    steps = [layer for layer in encoder.layers if isinstance(layer, TiedConv2D | keras.layers.MaxPooling2D)]
    tied = [layer for layer in steps if isinstance(layer, TiedConv2D)]
    if not tied:
        raise RequestError("model.tied: expected an encoder of tied convolutions. Received: one without any")
    latent = keras.Input(encoder.output_shape[1:], name="latent")
    x = latent
    for layer in reversed(steps):
        if isinstance(layer, keras.layers.MaxPooling2D):
            x = keras.layers.UpSampling2D(layer.pool_size)(x)
            continue
        x = Transposed(layer, name=f"transposed_{layer.name}")(x)
        if layer is not tied[0]:
            x = activated(x, settings, normalize=True)
            x = dropout(x, settings.dropout) if layer.strides > 1 else x
    return keras.Model(latent, picture(x, settings), name="decoder")
