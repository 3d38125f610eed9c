"""Which few test images are worth a look."""

from __future__ import annotations

import numpy as np

SHOWN = 10


def typical(labels: np.ndarray, mse: np.ndarray, limit: int = SHOWN) -> np.ndarray:
    """Choose images that stand for the rest: of each class (or of up to `limit` of them) those in its middle.

    Args:
        labels: int (n,), -1 where unknown; unlabelled images are a group of their own.
        mse: float (n,), the reconstruction error of each image.
        limit: the most images to choose.
    """
    groups = np.unique(labels)
    groups = groups[np.linspace(0, len(groups) - 1, min(limit, len(groups))).round().astype(int)]
    each = max(1, limit // len(groups))
    chosen: list[int] = []
    for group in groups:
        members = np.flatnonzero(labels == group)
        ranked = members[np.argsort(mse[members], kind="stable")]
        places = (np.arange(each) + 0.5) / each * len(ranked)
        chosen += ranked[np.unique(places.astype(int))].tolist()
    return np.array(chosen, int)


def worst(mse: np.ndarray, limit: int = SHOWN) -> np.ndarray:
    """Choose the images that were rebuilt worst, worst first."""
    return np.argsort(-mse, kind="stable")[:limit]


def confident_mistakes(labels: np.ndarray, probabilities: np.ndarray, limit: int = SHOWN) -> np.ndarray:
    """Choose the labelled images that were named wrong with the largest probability, surest first."""
    wrong = np.flatnonzero((labels >= 0) & (probabilities.argmax(axis=1) != labels))
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")[:limit]]
