"""Joins an encoder and its heads into one graph, from images to outputs."""

from __future__ import annotations

from typing import Any

import keras

from kerasae.layers import Polarity, PriorDivergence, Transposed
from kerasae.utils.keras_internals import flatten_layers


def check_parts(encoder: keras.Model, decoder: keras.Model | None, classifier: keras.Model | None) -> None:
    """Raise ValueError if the shapes or tied layers of the parts do not fit."""
    if decoder is None and classifier is None:
        raise ValueError("decoder, classifier: expected at least one of them. Received: None and None")
    for name, part in (("decoder", decoder), ("classifier", classifier)):
        if part is not None and part.input_shape[1:] != encoder.output_shape[1:]:
            raise ValueError(
                f"{name}: expected a model whose input is the latent {encoder.output_shape[1:]}. "
                f"Received: a model that takes {part.input_shape[1:]}"
            )
    if decoder is not None and decoder.output_shape != encoder.input_shape:
        raise ValueError(
            f"decoder: expected a model whose output is the image {encoder.input_shape[1:]}. "
            f"Received: a model that gives {decoder.output_shape[1:]}"
        )
    if decoder is not None:
        _check_ties(encoder, decoder)
    if classifier is not None and len(classifier.output_shape) != 2:
        raise ValueError(f"classifier: expected one row of logits. Received: output shape {classifier.output_shape}")


def _check_ties(encoder: keras.Model, decoder: keras.Model) -> None:
    """Raise ValueError if the encoder has another layer with the name of a tied layer.

    Saved models identify tied layers by name.
    """
    for tied in flatten_layers(decoder):
        if isinstance(tied, Transposed):
            name = tied.layer.name
            if any(layer.name == name and layer is not tied.layer for layer in flatten_layers(encoder)):
                raise ValueError(
                    f"decoder: expected the layer {name!r}, which it runs backwards, to be the encoder's only one of "
                    f"that name, or saving would tie another. Received: an encoder with another {name!r}; rename one"
                )


def wire(
    encoder: keras.Model, decoder: keras.Model | None, classifier: keras.Model | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Join the parts from images to outputs.

    Args:
        encoder: outputs a latent, or latent, mean and log variance (the `posterior` of a variational model).

    Returns:
        The symbolic tensors `images`, `latent` and, with a classifier, `logits`; and the outputs of the model.
    """
    images = keras.Input(encoder.input_shape[1:], dtype="uint8", name="images")
    scaled = keras.layers.Rescaling(1 / 255, dtype="float32", name="scale")(images)
    outputs = {}
    latent = encoder(scaled)
    if isinstance(latent, list | tuple):
        latent, mean, log_variance = latent
        outputs["kl_divergence"] = PriorDivergence(name="kl_divergence")(mean, log_variance)
    inner = {"images": images, "latent": latent}
    if decoder is not None:
        decoded = restore_polarity(encoder, decoder(latent), scaled)
        outputs["reconstruction"] = keras.layers.Activation("linear", dtype="float32", name="reconstruction")(decoded)
    if classifier is not None:
        inner["logits"] = classifier(latent)
        outputs["label"] = keras.layers.Softmax(dtype="float32", name="label")(inner["logits"])
    return inner, outputs


def restore_polarity(encoder: keras.Model, decoded: Any, scaled: Any) -> Any:
    """Restore the polarity of the scaled images in their reconstructions, if the encoder has a `Polarity` layer."""
    for layer in encoder.layers:
        decoded = layer(decoded, like=scaled) if isinstance(layer, Polarity) else decoded
    return decoded
