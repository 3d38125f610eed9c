"""How good made images are, in numbers that real images have too."""

from __future__ import annotations

import numpy as np

_BLOCK = 2**26  # values of one block of training images or of distances


def nearest(samples: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each sample's root mean squared distance from the nearest known image, and which that is.

    Args:
        samples: float32 (n, d).
        known: uint8 or float (m, d) on the same scale, m > 0; uint8 is scaled to [0, 1].
    """
    squares = np.square(samples).sum(axis=1)
    best, place = np.full(len(samples), np.inf, np.float32), np.zeros(len(samples), np.int64)
    step = max(1, _BLOCK // max(known.shape[1], len(samples)))
    for start in range(0, len(known), step):
        block = known[start : start + step].astype(np.float32)
        block = block / 255.0 if known.dtype == np.uint8 else block
        distances = squares[:, None] - 2.0 * samples @ block.T + np.square(block).sum(axis=1)
        closest = distances.argmin(axis=1)
        values = distances[np.arange(len(samples)), closest]
        place = np.where(values < best, start + closest, place)
        best = np.minimum(values, best)
    # Squares of differences by way of products lose the last digits: a copy may come out a little below 0.
    return np.sqrt(np.maximum(best, 0.0) / samples.shape[1]), place


def frechet(one: np.ndarray, other: np.ndarray) -> float | None:
    """Return the squared Frechet distance between the Gaussians that fit two sets of features, (n, d) and (m, d).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): Dowson and Landau 1982; for images Heusel et al., arXiv 1706.08500. It
    falls with the number of images, so that only distances over as many can be compared.

    Returns:
        None where a set has fewer than two.
    """
    if min(len(one), len(other)) < 2:
        return None
    means = [features.mean(axis=0, dtype=np.float64) for features in (one, other)]
    first, second = (np.atleast_2d(np.cov(features.astype(np.float64), rowvar=False)) for features in (one, other))
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    mixed = np.linalg.eigvalsh(root @ second @ root)
    trace = np.trace(first) + np.trace(second) - 2.0 * np.sqrt(np.maximum(mixed, 0.0)).sum()
    return float(max(np.square(means[0] - means[1]).sum() + trace, 0.0))
