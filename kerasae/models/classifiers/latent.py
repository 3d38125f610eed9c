"""The `latent` classifier: the latent is the class output itself."""

from __future__ import annotations

import keras

from kerasae.layers import LogProbabilities
from kerasae.models.blocks import Settings
from kerasae.models.registries import CLASSIFIERS, ClassifierTraits
from kerasae.utils.errors import RequestError


def check_softmax(encoder: keras.Model) -> None:
    """Refuse an encoder whose latent is not a softmax.

    Raises:
        RequestError: suggests an encoder with a softmax latent.
    """
    last = encoder.layers[-1]
    if not isinstance(last, keras.layers.Softmax):
        raise RequestError(
            "model.classifier: 'latent' takes the latent for the class output",
            expected="an encoder that ends in a softmax",
            received=f"one that ends in {last.name!r}",
            fix="set model.encoder to 'strided' with latent = 'softmax'",
        )


@CLASSIFIERS.register("latent", ClassifierTraits(check_encoder=check_softmax))
def latent(latent_shape: tuple[int, ...], num_classes: int, settings: Settings) -> keras.Model:
    """Build a classifier without weights, whose logits are the logarithm of the latent, a softmax over the classes.

    The softmax of the logits is the latent itself. First approach of study C: decoding a one-hot row samples an image
    of the class, at the cost of a softmax in the middle of the autoencoder.

    Raises:
        RequestError: the latent does not have one entry for each class.
    """
    if latent_shape != (num_classes,):
        raise RequestError(
            "model.classifier: 'latent' takes the latent for the class output",
            expected=f"a latent of {num_classes} entries, one a class",
            received=latent_shape,
            fix=f"set model.encoder.latent_dim to {num_classes}",
        )
    probabilities = keras.Input(latent_shape, name="latent")
    logits = LogProbabilities(dtype="float32", name="logits")(probabilities)
    return keras.Model(probabilities, logits, name="classifier")
