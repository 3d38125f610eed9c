"""Selects the few test images that a report shows."""

from __future__ import annotations

import numpy as np

NUM_SHOWN = 10


def typical(labels: np.ndarray, mse: np.ndarray, limit: int = NUM_SHOWN) -> np.ndarray:
    """Return the indices of images at evenly spaced quantiles of the reconstruction error of each class.

    Args:
        labels: int (n,), -1 where unknown; unlabelled images form a class of their own.
        mse: float (n,), the reconstruction error of each image.
        limit: the maximum number of images; with more classes than that, evenly spaced classes are used.

    Returns:
        int (m,), m up to `limit`.
    """
    classes = np.unique(labels)
    classes = classes[np.linspace(0, len(classes) - 1, min(limit, len(classes))).round().astype(int)]
    per_class = max(1, limit // len(classes))
    indices: list[int] = []
    for label in classes:
        members = np.flatnonzero(labels == label)
        ranked = members[np.argsort(mse[members], kind="stable")]
        ranks = (np.arange(per_class) + 0.5) / per_class * len(ranked)
        indices += ranked[np.unique(ranks.astype(int))].tolist()
    return np.array(indices, int)


def worst(mse: np.ndarray, limit: int = NUM_SHOWN) -> np.ndarray:
    """Return the indices of the images with the largest reconstruction error, largest first: int (up to `limit`,)."""
    return np.argsort(-mse, kind="stable")[:limit]


def confident_mistakes(labels: np.ndarray, probabilities: np.ndarray, limit: int = NUM_SHOWN) -> np.ndarray:
    """Return the indices of misclassified images, the most confident first: int (up to `limit`,).

    Args:
        labels: int (n,), -1 where unknown: those are left out.
        probabilities: float (n, num_classes).
        limit: the maximum number of images.
    """
    wrong = np.flatnonzero((labels >= 0) & (probabilities.argmax(axis=1) != labels))
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")[:limit]]
