"""Distances between images and between sets of features."""

from __future__ import annotations

import numpy as np

BLOCK_VALUES = 2**26  # values of one block of training images or of distances


def nearest_distances(
    samples: np.ndarray, references: np.ndarray, *, block_values: int = BLOCK_VALUES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the root mean squared distance of each sample from its nearest reference, and the index of that.

    Args:
        samples: float32 (n, d).
        references: float (m, d) on the same scale, or uint8, which is scaled to [0, 1]; m > 0.
        block_values: the maximum number of values held in memory at a time.

    Returns:
        float32 (n,) and int64 (n,).
    """
    squares = np.square(samples).sum(axis=1)
    best, indices = np.full(len(samples), np.inf, np.float32), np.zeros(len(samples), np.int64)
    step = max(1, block_values // max(references.shape[1], len(samples)))
    for start in range(0, len(references), step):
        block = references[start : start + step].astype(np.float32)
        block = block / 255.0 if references.dtype == np.uint8 else block
        distances = squares[:, None] - 2.0 * samples @ block.T + np.square(block).sum(axis=1)
        closest = distances.argmin(axis=1)
        values = distances[np.arange(len(samples)), closest]
        indices = np.where(values < best, start + closest, indices)
        best = np.minimum(values, best)
    # Expanding the square loses digits: the squared distance of a copy may come out slightly negative.
    return np.sqrt(np.maximum(best, 0.0) / samples.shape[1]), indices


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float | None:
    """Return the squared Frechet distance between Gaussians fitted to two sets of features.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): Dowson and Landau 1982; for images Heusel et al., arXiv 1706.08500. It
    decreases with the number of images: compare only distances over equal numbers.

    Args:
        first: float (n, d).
        second: float (m, d).

    Returns:
        None if a set has fewer than two rows.
    """
    if min(len(first), len(second)) < 2:
        return None
    means = [features.mean(axis=0, dtype=np.float64) for features in (first, second)]
    covariances = [np.atleast_2d(np.cov(features.astype(np.float64), rowvar=False)) for features in (first, second)]
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ covariances[1] @ root)
    trace = np.trace(covariances[0]) + np.trace(covariances[1]) - 2.0 * np.sqrt(np.maximum(product, 0.0)).sum()
    return float(max(np.square(means[0] - means[1]).sum() + trace, 0.0))
