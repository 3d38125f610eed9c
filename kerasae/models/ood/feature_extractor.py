"""What lies between the images and the heads: latents as vectors, and logits, in the same pass as the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasae.models.assembly import wire

if TYPE_CHECKING:
    from kerasae.models.joint import JointAutoencoder


def probe(model: JointAutoencoder) -> keras.Model:
    """Return a model over the same layers that gives what `model` gives, and what it went through.

    Input: uint8 (batch, height, width, channels). Outputs: the heads of `model`; `latent`, float32 (batch, values), the
    mean of each channel where the latent is a map; and `logits`, float32 (batch, num_classes), with a softmax head.
    """
    inner, outputs = wire(model.posterior or model.encoder, model.decoder, model.classifier)
    latent = inner["latent"]
    if len(latent.shape) > 2:
        latent = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled_latent")(latent)
    found = {"latent": latent} | ({"logits": inner["logits"]} if "logits" in inner else {})
    as_float = {
        name: keras.layers.Activation("linear", dtype="float32", name=name)(value) for name, value in found.items()
    }
    return keras.Model(inner["images"], {**{head: outputs[head] for head in model.heads}, **as_float}, name="probe")
