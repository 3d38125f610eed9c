"""The brightness of an image set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasae.evaluation.numbers import number


@dataclass(frozen=True, slots=True)
class PixelStatistics:
    """Mean and standard deviation of pixel values on [0, 1]; None without images."""

    mean: float | None
    std: float | None

    @classmethod
    def of(cls, histogram: np.ndarray) -> PixelStatistics:
        """Compute the statistics from the counts of the pixel values 0 to 255: int (256,)."""
        values = np.arange(len(histogram)) / (len(histogram) - 1)
        mean = np.average(values, weights=histogram)
        std = np.sqrt(np.average(np.square(values - mean), weights=histogram))
        return cls(number(mean), number(std))
