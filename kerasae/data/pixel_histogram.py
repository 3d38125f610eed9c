"""Histograms of pixel values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.data.images import batches

if TYPE_CHECKING:
    from kerasae.data.images import Readable

NUM_LEVELS = 256


def pixel_histogram(images: np.ndarray) -> np.ndarray:
    """Count the values of uint8 images over all channels: int64 (256,)."""
    return np.bincount(images.ravel(), minlength=NUM_LEVELS)


def pixel_histogram_of(images: Readable) -> np.ndarray:
    """Count the values of an image set, which is read batch by batch: int64 (256,)."""
    counts = np.zeros(NUM_LEVELS, np.int64)
    for indices in batches(images):
        counts += pixel_histogram(images.load(indices))
    return counts
