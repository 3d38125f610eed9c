"""Mixtures: a Gaussian mixture over the latents of each class, which knows how the values of a latent go together."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from kerasae.data.images import UNLABELLED
from kerasae.generation.method import Method

if TYPE_CHECKING:
    from kerasae.generation.latents import Latents

MOST_COMPONENTS = 8
IMAGES_A_VALUE = 4  # for each value of the vector that a component's covariance is learned from
SHRINKAGE = 1e-2  # of the mean variance, added to every variance


def mixtures(latents: Latents, num_classes: int) -> dict[int, GaussianMixture]:
    """Fit a mixture to each class that has two images or more, or without classes one to all.

    A covariance of k values takes several times k images: where a class has few, it gets fewer components.
    """
    groups = {label: latents.vectors[latents.labels == label] for label in range(num_classes)}
    groups = groups or {UNLABELLED: latents.vectors}
    found = {}
    for label, vectors in groups.items():
        if len(vectors) < 2:
            continue
        components = int(np.clip(len(vectors) // (IMAGES_A_VALUE * vectors.shape[1]), 1, MOST_COMPONENTS))
        shrinkage = max(SHRINKAGE * float(vectors.var(axis=0).mean()), 1e-9)
        mixture = GaussianMixture(components, reg_covar=shrinkage, random_state=0)
        with warnings.catch_warnings():
            # What the last few rounds would change is far below the noise that is drawn.
            warnings.simplefilter("ignore", ConvergenceWarning)
            found[label] = mixture.fit(vectors)
    return found


def by_mixtures(latents: Latents, found: dict[int, GaussianMixture]) -> Method:
    """Return the method: a component by its weight, then noise of its covariance."""

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        mixture = found[label]
        places = random.choice(mixture.n_components, count, p=mixture.weights_)
        roots = np.linalg.cholesky(mixture.covariances_)
        steps = random.standard_normal((count, mixture.means_.shape[1]))
        shifts = noise * np.einsum("nij,nj->ni", roots[places], steps)
        return latents.decode(mixture.means_[places] + shifts)

    counts = sorted({mixture.n_components for mixture in found.values()})
    size = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    of = "of all images" if UNLABELLED in found else "of each class"
    words = f"from a Gaussian mixture {of}, {size} component{'s' * (counts[-1] > 1)}; {latents.code.words}"
    return Method("mixtures", words, UNLABELLED not in found, draw)
