"""A latent as the vector that is sampled: flat, and where it is long its first principal components."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

LONGEST = 64  # values up to which a latent is sampled as it is


@dataclass(frozen=True)
class Code:
    """The way from latents (n, ...) to vectors (n, k), and back.

    A latent that is a map (height, width, channels) is laid flat. One of more than 64 values is sampled over its first
    64 principal components, since a covariance of thousands of values cannot be learned from thousands of images;
    what lies outside of them stays at its mean. On the way back every value is cut to the range that it had among the
    images: no rectifier gives what is below 0, no softmax what is above 1.

    Attributes:
        shape: of one latent.
        lowest, highest: (values,), the range of each value.
        components: the principal components, or None where the latent is sampled as it is.
        simplex: whether the latents are the rows of a softmax, so that they sum to 1.
    """

    shape: tuple[int, ...]
    lowest: np.ndarray
    highest: np.ndarray
    components: PCA | None
    simplex: bool = False

    @classmethod
    def learned(cls, latents: np.ndarray, *, simplex: bool = False) -> Code:
        """Learn from the latents (n, ...) of images."""
        flat = latents.reshape(len(latents), -1)
        components = None
        if flat.shape[1] > LONGEST:
            components = PCA(min(LONGEST, len(flat) - 1), svd_solver="randomized", random_state=0).fit(flat)
        return cls(latents.shape[1:], flat.min(axis=0), flat.max(axis=0), components, simplex)

    @property
    def words(self) -> str:
        """What is done to the latent, if anything is."""
        size = "x".join(map(str, self.shape))
        laid = f"the latent, a map of {size}, laid flat" if len(self.shape) > 1 else f"the latent of {size} values"
        if self.components is None:
            return laid
        kept = float(np.sum(self.components.explained_variance_ratio_))
        return (
            f"{laid}, over its first {self.components.n_components_} principal components ({kept:.0%} of the variance)"
        )

    def to_vectors(self, latents: np.ndarray) -> np.ndarray:
        """Return latents (n, ...) as vectors, float64 (n, k)."""
        flat = latents.reshape(len(latents), math.prod(self.shape)).astype(np.float64)
        return flat if self.components is None else np.asarray(self.components.transform(flat), np.float64)

    def to_latents(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors (n, k) as latents, float32 (n, ...)."""
        flat = vectors if self.components is None else self.components.inverse_transform(vectors)
        flat = np.clip(flat, self.lowest, self.highest)
        if self.simplex:
            flat = flat / np.maximum(flat.sum(axis=1, keepdims=True), 1e-9)
        return flat.reshape(len(flat), *self.shape).astype(np.float32)
