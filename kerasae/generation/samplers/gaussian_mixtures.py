"""Gaussian mixtures over the latents of each class, which model the correlations between latent values."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from kerasae.data.images import UNLABELLED
from kerasae.generation.samplers.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.generation.training_latents import TrainingLatents

MAX_COMPONENTS = 8
IMAGES_PER_VALUE = 4  # images that a component needs for each latent value, to estimate its covariance
SHRINKAGE = 1e-2  # relative to the mean variance, added to every variance


def fit_mixtures(latents: TrainingLatents, num_classes: int) -> dict[int, GaussianMixture]:
    """Fit a mixture to each class with at least two images, or one to all images if there are no classes.

    The covariance of k values needs several times k images: a class with few images gets fewer components.

    Returns:
        By label, or by UNLABELLED if there are no classes.
    """
    vectors_by_label = {label: latents.vectors[latents.labels == label] for label in range(num_classes)}
    vectors_by_label = vectors_by_label or {UNLABELLED: latents.vectors}
    mixtures = {}
    for label, vectors in vectors_by_label.items():
        if len(vectors) < 2:
            continue
        num_components = int(np.clip(len(vectors) // (IMAGES_PER_VALUE * vectors.shape[1]), 1, MAX_COMPONENTS))
        shrinkage = max(SHRINKAGE * float(vectors.var(axis=0).mean()), 1e-9)
        mixture = GaussianMixture(num_components, reg_covar=shrinkage, random_state=0)
        with warnings.catch_warnings():
            # Further iterations would change the mixture by far less than the noise of a sample.
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixtures[label] = mixture.fit(vectors)
    return mixtures


def mixture_sampler(latents: TrainingLatents, mixtures: Mapping[int, GaussianMixture]) -> Sampler:
    """Return a sampler that draws a component by its weight, then noise with its covariance."""

    def draw(label: int, count: int, noise: float, random: np.random.Generator) -> np.ndarray:
        mixture = mixtures[label]
        components = random.choice(mixture.n_components, count, p=mixture.weights_)
        roots = np.linalg.cholesky(mixture.covariances_)
        normal = random.standard_normal((count, mixture.means_.shape[1]))
        shifts = noise * np.einsum("nij,nj->ni", roots[components], normal)
        return latents.decode(mixture.means_[components] + shifts)

    counts = sorted({mixture.n_components for mixture in mixtures.values()})
    size = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    of = "of all images" if UNLABELLED in mixtures else "of each class"
    description = (
        f"from a Gaussian mixture {of} with {size} component{'s' * (counts[-1] > 1)}; {latents.vectorizer.description}"
    )
    return Sampler("mixtures", description, is_conditional=UNLABELLED not in mixtures, draw=draw)
