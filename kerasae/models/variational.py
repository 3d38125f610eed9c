"""Makes an encoder variational."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasae.layers import GaussianLatent
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.models.blocks import Settings


def variational(encoder: keras.Model, latent_dim: int | None, settings: Settings) -> keras.Model:
    """Return the encoder with a `GaussianLatent` at its end.

    It replaces a final linear dense layer, since two linear layers in a row equal one. The size of the latent stays the
    same unless `latent_dim` is given.

    Raises:
        RequestError: the weights are tied and `latent_dim` differs from the number of features.
    """
    last, features = encoder.layers[-1], encoder.output
    width = latent_dim or features.shape[-1]
    if settings.tied and width != features.shape[-1]:
        raise RequestError(
            "model.variational.latent_dim",
            expected=f"{features.shape[-1]}, since a tied decoder begins with the encoder's own channels",
            received=width,
            fix="leave it out, or set model.tied to false",
        )
    if isinstance(last, keras.layers.Dense) and last.activation is keras.activations.linear:
        features = last.input
    latent, _, _ = GaussianLatent(width, **settings.kernel, name="gaussian_latent")(features)
    return keras.Model(encoder.input, latent, name="encoder")


def posterior(encoder: keras.Model) -> keras.Model | None:
    """Return the encoder as a model of latent, mean and log variance; None if it is not variational."""
    last = encoder.layers[-1]
    if not isinstance(last, GaussianLatent):
        return None
    return keras.Model(encoder.input, last.output, name="posterior")
