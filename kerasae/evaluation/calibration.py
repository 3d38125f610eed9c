"""Calibration: whether predicted probabilities agree with the accuracy.

Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NUM_BINS = 15


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability diagram: predictions in bins of equal width by their confidence (section 2).

    Attributes:
        edges: float (num_bins + 1,), of the bins, from 0 to 1.
        count: int (num_bins,), the number of predictions.
        confidence: float (num_bins,), their mean confidence; NaN for an empty bin.
        accuracy: float (num_bins,), their accuracy; NaN for an empty bin.
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error in [0, 1] (equation 3): the mean gap between confidence and accuracy."""
        filled = self.count > 0
        gaps = np.abs(self.accuracy[filled] - self.confidence[filled])
        return float(np.average(gaps, weights=self.count[filled])) if filled.any() else float("nan")


def reliability(truth: np.ndarray, probabilities: np.ndarray, num_bins: int = NUM_BINS) -> Reliability:
    """Put predictions into bins by their confidence, which is the largest probability of each.

    Args:
        truth: int (n,), the true classes.
        probabilities: float (n, num_classes), rows sum to 1.
        num_bins: the number of bins of equal width that divide (0, 1]; each includes its upper edge only.
    """
    edges = np.linspace(0.0, 1.0, num_bins + 1)
    confidence = np.clip(probabilities.max(axis=1).astype(np.float64), 0.0, 1.0)
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, num_bins - 1)
    count = np.bincount(index, minlength=num_bins)
    correct = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    filled = np.where(count > 0, count, np.nan)
    return Reliability(
        edges=edges,
        count=count,
        confidence=np.bincount(index, weights=confidence, minlength=num_bins) / filled,
        accuracy=np.bincount(index, weights=correct, minlength=num_bins) / filled,
    )


def expected_calibration_error(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the expected calibration error over 15 equal-width bins, in [0, 1]; arguments as in `reliability`."""
    return reliability(truth, probabilities).error
