"""Converts latents to the vectors that are sampled, and back: flattened, and long ones reduced by PCA."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

MAX_VALUES = 64  # a latent with more values is reduced to as many principal components


@dataclass(frozen=True)
class LatentVectorizer:
    """Converts latents (n, ...) to vectors (n, k), and back.

    A feature map (height, width, channels) is flattened. A latent of more than 64 values is reduced to its first 64
    principal components, since a covariance of thousands of values cannot be estimated from thousands of images; the
    components that are left out stay at their mean. Converted back, every value is clipped to its range among the
    training images, so that a latent behind a rectifier stays at least 0.

    Attributes:
        shape: of one latent.
        lowest: (values,), the minimum of each value.
        highest: (values,), the maximum of each value.
        components: the principal components; None if the latent is not reduced.
        is_softmax: whether latents are outputs of a softmax, and are normalized to sum to 1.
    """

    shape: tuple[int, ...]
    lowest: np.ndarray
    highest: np.ndarray
    components: PCA | None
    is_softmax: bool = False

    @classmethod
    def fit(cls, latents: np.ndarray, *, is_softmax: bool = False) -> LatentVectorizer:
        """Fit to the latents (n, ...) of images."""
        flat = latents.reshape(len(latents), -1)
        components = None
        if flat.shape[1] > MAX_VALUES:
            components = PCA(min(MAX_VALUES, len(flat) - 1), svd_solver="randomized", random_state=0).fit(flat)
        return cls(latents.shape[1:], flat.min(axis=0), flat.max(axis=0), components, is_softmax)

    @property
    def description(self) -> str:
        """How the latent becomes a vector, as a clause."""
        size = "x".join(map(str, self.shape))
        steps = ["flattened"] if len(self.shape) > 1 else []
        if self.components is not None:
            explained = float(np.sum(self.components.explained_variance_ratio_))
            steps.append(
                f"reduced to its first {self.components.n_components_} principal components "
                f"({explained:.0%} of the variance)"
            )
        latent = f"the latent, a feature map of {size}," if len(self.shape) > 1 else f"the latent of {size} values"
        return f"{latent} is {' and '.join(steps) or 'used unchanged'}"

    def to_vectors(self, latents: np.ndarray) -> np.ndarray:
        """Return latents (n, ...) as vectors, float64 (n, k)."""
        flat = latents.reshape(len(latents), math.prod(self.shape)).astype(np.float64)
        return flat if self.components is None else np.asarray(self.components.transform(flat), np.float64)

    def to_latents(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors (n, k) as latents, float32 (n, ...)."""
        flat = vectors if self.components is None else self.components.inverse_transform(vectors)
        flat = np.clip(flat, self.lowest, self.highest)
        if self.is_softmax:
            flat = flat / np.maximum(flat.sum(axis=1, keepdims=True), 1e-9)
        return flat.reshape(len(flat), *self.shape).astype(np.float32)
