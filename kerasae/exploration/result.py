"""The numbers of an exploration, as exploration.json holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from kerasae.exploration.measures import Purity


@dataclass(frozen=True)
class ExplorationResult:
    """The numbers of an exploration.

    Attributes:
        split: the name of the split that was explored.
        num_images: the number of images.
        latent_shape: the shape of the encoder's output for one image.
        latent_dim: the number of latent values of one image; a feature map is pooled to one value for each channel.
        seed: of all random numbers.
        perplexity: of t-SNE.
        explained_variance: by title of the space, float (k,), the share of the variance of each principal component.
        purity: by name of the space ("latent" and "pixels"); None without enough labelled images.
        centroid_distances: of the classes in the latent space, None for a class without images; None without classes.
    """

    split: str
    num_images: int
    latent_shape: tuple[int, ...]
    latent_dim: int
    seed: int
    perplexity: float
    explained_variance: Mapping[str, np.ndarray]
    purity: Mapping[str, Purity] | None
    centroid_distances: list[list[float | None]] | None

    def to_json(self) -> dict[str, Any]:
        """Return the content of exploration.json; what is None is left out."""
        tree: dict[str, Any] = {
            "split": self.split,
            "num_pictures": self.num_images,
            "latent_shape": list(self.latent_shape),
            "latent_dim": self.latent_dim,
            "seed": self.seed,
            "perplexity": self.perplexity,
            "explained_variance": {title: shares.tolist() for title, shares in self.explained_variance.items()},
        }
        if self.purity is not None:
            tree["purity"] = {space: purity.to_json() for space, purity in self.purity.items()}
        if self.centroid_distances is not None:
            tree["centroid_distances"] = self.centroid_distances
        return tree
