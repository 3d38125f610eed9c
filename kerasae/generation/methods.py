"""Which ways of making images a trained model has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import UNLABELLED
from kerasae.generation.latents import Latents
from kerasae.generation.mixtures import by_mixtures, mixtures
from kerasae.generation.prior import by_prior
from kerasae.generation.prototypes import by_prototypes, prototypes
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.generation.method import Method
    from kerasae.models import JointAutoencoder


def methods_of(model: JointAutoencoder, collection: Collection, classes: Sequence[int]) -> tuple[list[Method], Latents]:
    """Return what an autoencoder samples by, the plainest first, and the latents that it was learned from.

    `prototypes` where it classifies, `mixtures` for all but a variational model without classes, `prior` for a
    variational one.

    Args:
        classes: those to make images of; empty where there are none.

    Raises:
        RequestError: the model has no decoder, or a class has no training image to be sampled like.
    """
    latents = Latents.of(model, collection.train)
    num_classes = len(collection.class_names)
    found: list[Method] = []
    if latents.odds is not None:
        known = prototypes(latents, num_classes)
        if np.isfinite(known.means[list(classes)]).all():
            found.append(by_prototypes(latents, known))
    if model.posterior is None or num_classes:
        mixed = mixtures(latents, num_classes)
        if all(label in mixed for label in classes or [UNLABELLED]):
            found.append(by_mixtures(latents, mixed))
    if model.posterior is not None:
        found.append(by_prior(model))
    if not found:
        counts = np.bincount(latents.labels[latents.labels >= 0], minlength=num_classes)
        few = [f"{collection.class_names[label]} with {counts[label]}" for label in classes if counts[label] < 2]
        raise RequestError(
            "--class",
            expected="classes with two labelled training images or more, which samples are made like",
            received=f"{', '.join(few)}",
            fix="name the others",
        )
    return found, latents
