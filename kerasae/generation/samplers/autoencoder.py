"""Chooses the samplers that an autoencoder supports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import UNLABELLED
from kerasae.generation.samplers.class_prototypes import class_prototypes, prototype_sampler
from kerasae.generation.samplers.gaussian_mixtures import fit_mixtures, mixture_sampler
from kerasae.generation.samplers.prior import prior_sampler
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.generation.samplers.sampler import Sampler
    from kerasae.generation.training_latents import TrainingLatents


def autoencoder_samplers(latents: TrainingLatents, class_names: Sequence[str], classes: Sequence[int]) -> list[Sampler]:
    """Return the samplers of an autoencoder, the simplest first.

    These are `prototypes` if the model has a classifier, `mixtures` unless the model is variational and has no classes,
    and `prior` if the model is variational.

    Args:
        latents: of the training images.
        class_names: of the run.
        classes: the labels to sample; empty if the run has none.

    Raises:
        RequestError: a class has too few training images for any of the samplers.
    """
    num_classes, posterior = len(class_names), latents.model.posterior
    samplers: list[Sampler] = []
    if latents.log_odds is not None:
        prototypes = class_prototypes(latents, num_classes)
        if np.isfinite(prototypes.means[list(classes)]).all():
            samplers.append(prototype_sampler(latents, prototypes))
    if posterior is None or num_classes:
        mixtures = fit_mixtures(latents, num_classes)
        if all(label in mixtures for label in classes or [UNLABELLED]):
            samplers.append(mixture_sampler(latents, mixtures))
    if posterior is not None:
        samplers.append(prior_sampler(latents.model))
    if not samplers:
        counts = np.bincount(latents.labels[latents.labels >= 0], minlength=num_classes)
        too_small = [f"{class_names[label]} with {counts[label]}" for label in classes if counts[label] < 2]
        raise RequestError(
            "--class",
            expected="classes with at least two labelled training images to learn from",
            received=", ".join(too_small),
            fix="name only other classes",
        )
    return samplers
