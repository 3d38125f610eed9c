"""Which ways of making pictures a trained model has."""

from __future__ import annotations

import numpy as np

from kerasae.data.collection import Collection
from kerasae.generation.latents import Latents
from kerasae.generation.method import Method
from kerasae.generation.mixtures import by_mixtures, mixtures
from kerasae.generation.prior import by_prior
from kerasae.generation.prototypes import by_prototypes, prototypes
from kerasae.models import JointAutoencoder


def methods_of(model: JointAutoencoder, collection: Collection) -> tuple[list[Method], Latents]:
    """Return what an autoencoder samples by, the plainest first, and the latents that it was learned from.

    `prototypes` where it classifies, `mixtures` for all but a variational model without classes, `prior` for a
    variational one.

    Raises:
        RequestError: the model has no decoder.
    """
    latents = Latents.of(model, collection.train)
    num_classes = len(collection.class_names)
    found: list[Method] = []
    if latents.odds is not None:
        known = prototypes(latents, num_classes)
        if np.isfinite(known.means).all():
            found.append(by_prototypes(latents, known))
    if model.posterior is None or num_classes:
        mixed = mixtures(latents, num_classes)
        if len(mixed) == max(num_classes, 1):
            found.append(by_mixtures(latents, mixed))
    if model.posterior is not None:
        found.append(by_prior(model))
    return found, latents
