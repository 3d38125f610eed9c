"""Class prototypes: a diagonal Gaussian around the mean latent of each class's most confident images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasae.generation.samplers.sampler import Sampler

if TYPE_CHECKING:
    from kerasae.generation.training_latents import TrainingLatents

CONFIDENT_SHARE = 0.1  # of the images of a class that make its prototype
MIN_IMAGES = 20


@dataclass(frozen=True)
class ClassPrototypes:
    """Mean and standard deviation of the latents of each class's most confident images.

    Attributes:
        means: float64 (num_classes, k), NaN for a class without images.
        deviations: float64 (num_classes, k), NaN for a class without images.
    """

    means: np.ndarray
    deviations: np.ndarray


def class_prototypes(latents: TrainingLatents, num_classes: int) -> ClassPrototypes:
    """Average the latents of the images that the model classifies most confidently.

    These are a tenth of the images of a class, and at least 20.

    Args:
        latents: of the training images, with log-odds.
        num_classes: the number of classes.
    """
    assert latents.log_odds is not None
    shape = (num_classes, latents.vectors.shape[1])
    prototypes = ClassPrototypes(np.full(shape, np.nan), np.full(shape, np.nan))
    for label in range(num_classes):
        members = np.flatnonzero(latents.labels == label)
        if len(members):
            count = max(MIN_IMAGES, round(CONFIDENT_SHARE * len(members)))
            confident = members[np.argsort(-latents.log_odds[members], kind="stable")[:count]]
            prototypes.means[label] = latents.vectors[confident].mean(axis=0)
            prototypes.deviations[label] = latents.vectors[confident].std(axis=0)
    return prototypes


def prototype_sampler(latents: TrainingLatents, prototypes: ClassPrototypes) -> Sampler:
    """Return a sampler that adds independent Gaussian noise to each value of a prototype, as study C does."""

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        shifts = noise * random.standard_normal((count, prototypes.means.shape[1])) * prototypes.deviations[label]
        return latents.decode(prototypes.means[label] + shifts)

    description = (
        "from a diagonal Gaussian around the mean latent of the most confidently classified images of each class; "
        f"{latents.vectorizer.description}"
    )
    return Sampler("prototypes", description, is_conditional=True, draw=draw)
