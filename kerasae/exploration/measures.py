"""Measures of how well a space separates classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors

MAX_NEIGHBOURS = 10


@dataclass(frozen=True)
class Purity:
    """The share of each image's nearest neighbours that belong to its own class.

    Attributes:
        overall: the mean over images.
        per_class: the mean over the images of each class, None for a class without images.
        chance: the expected purity of neighbours drawn at random.
        neighbours: the number of neighbours of each image.
    """

    overall: float
    per_class: tuple[float | None, ...]
    chance: float
    neighbours: int

    def to_json(self) -> dict[str, object]:
        """Return the object of exploration.json."""
        return {
            "overall": self.overall,
            "per_class": list(self.per_class),
            "chance": self.chance,
            "neighbours": self.neighbours,
        }


def purity(space: np.ndarray, labels: np.ndarray, num_classes: int) -> Purity | None:
    """Measure the purity of nearest neighbours.

    Args:
        space: float (n, ...), flattened to vectors; distances are Euclidean.
        labels: int (n,), -1 where unknown: those are left out.
        num_classes: the number of classes.

    Returns:
        None for fewer than three labelled images.
    """
    is_labelled = labels >= 0
    known_labels, points = labels[is_labelled], space.reshape(len(space), -1)[is_labelled]
    if len(known_labels) < 3:
        return None
    num_neighbours = min(MAX_NEIGHBOURS, len(known_labels) - 1)
    indices = NearestNeighbors(n_neighbors=num_neighbours).fit(points).kneighbors(return_distance=False)
    shares = (known_labels[indices] == known_labels[:, None]).mean(axis=1)
    sizes = np.bincount(known_labels, minlength=num_classes)
    sums = np.bincount(known_labels, weights=shares, minlength=num_classes)
    return Purity(
        overall=float(shares.mean()),
        per_class=tuple(float(total / size) if size else None for total, size in zip(sums, sizes, strict=True)),
        chance=float(np.sum(sizes * (sizes - 1)) / (len(known_labels) * (len(known_labels) - 1))),
        neighbours=num_neighbours,
    )


def centroid_distances(latent: np.ndarray, labels: np.ndarray, num_classes: int) -> list[list[float | None]]:
    """Return the distances between class centroids, relative to the spread within classes.

    Element (i, j) is the Euclidean distance of the centroids of classes i and j, divided by the root mean squared
    distance of images from the centroid of their own class. At 1, two centroids are as far apart as an image is from
    its own centroid. An element is None if a class has no image.

    Args:
        latent: float (n, d).
        labels: int (n,), -1 where unknown.
        num_classes: the number of classes.
    """
    centroids = [
        latent[labels == label].mean(axis=0) if (labels == label).any() else None for label in range(num_classes)
    ]
    squares = [
        np.square(latent[labels == label] - centroid).sum(axis=1)
        for label, centroid in enumerate(centroids)
        if centroid is not None
    ]
    spread = float(np.sqrt(np.concatenate(squares).mean())) if squares else 0.0
    return [
        [
            None if first is None or second is None else float(np.linalg.norm(first - second) / max(spread, 1e-12))
            for second in centroids
        ]
        for first in centroids
    ]
