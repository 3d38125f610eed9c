"""How bright a set of images is."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasae.data.images import Readable, batches
from kerasae.evaluation.numbers import number

LEVELS = 256


def count_pixels(images: Readable) -> np.ndarray:
    """Return the `histogram` of all images of a set, which are read a batch at a time."""
    counts = np.zeros(LEVELS, np.int64)
    for places in batches(images):
        counts += histogram(images.load(places))
    return counts


def histogram(images: np.ndarray) -> np.ndarray:
    """Count the values of uint8 images, over all channels: int64 (256,)."""
    return np.bincount(images.ravel(), minlength=LEVELS)


def pixel_statistics(counts: np.ndarray) -> dict[str, Any]:
    """Return mean and standard deviation of the values that `histogram` counted, on the scale [0, 1]."""
    levels = np.arange(LEVELS) / (LEVELS - 1)
    mean = np.average(levels, weights=counts)
    return {"mean": number(mean), "std": number(np.sqrt(np.average(np.square(levels - mean), weights=counts)))}
