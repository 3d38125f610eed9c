"""Prototypes: the mean latent of each class's surest images, and Gaussian noise around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasae.generation.method import Method

if TYPE_CHECKING:
    from kerasae.generation.latents import Latents

SHARE = 0.1  # of a class's images are its surest
FEWEST = 20


@dataclass(frozen=True)
class Prototypes:
    """Mean and deviation of each class's surest images, (classes, k), NaN for a class without any."""

    means: np.ndarray
    deviations: np.ndarray


def prototypes(latents: Latents, num_classes: int) -> Prototypes:
    """Average the images whose class the model is surest of, a tenth of each class but twenty at the least."""
    assert latents.odds is not None
    shape = (num_classes, latents.vectors.shape[1])
    found = Prototypes(np.full(shape, np.nan), np.full(shape, np.nan))
    for label in range(num_classes):
        members = np.flatnonzero(latents.labels == label)
        if len(members):
            count = max(FEWEST, round(SHARE * len(members)))
            surest = members[np.argsort(-latents.odds[members], kind="stable")[:count]]
            found.means[label] = latents.vectors[surest].mean(axis=0)
            found.deviations[label] = latents.vectors[surest].std(axis=0)
    return found


def by_prototypes(latents: Latents, found: Prototypes) -> Method:
    """Return the method: each value of the latent alone gets noise of its own deviation, as study C does it."""

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        shifts = noise * random.standard_normal((count, found.means.shape[1])) * found.deviations[label]
        return latents.decode(found.means[label] + shifts)

    words = f"around the mean of each class's surest images, value by value; {latents.code.words}"
    return Method("prototypes", words, True, draw)
