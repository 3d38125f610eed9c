"""What a model predicts for an image set, image by image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Predictions:
    """A model's outputs for the n images of a set, without the reconstructions themselves.

    Attributes:
        label: int64 (n,), the true classes, -1 where unknown.
        probabilities: float32 (n, num_classes), or None without a softmax head.
        errors: float32 (n,) by measure, as `image_errors` returns them; empty without a reconstruction head.
        anomaly: `anomaly_score` float32 (n,), `accepted` bool (n,), and the score of each part of the rejection,
            float32 (n,); empty without a rejection.
        histogram: int64 (256,), how often each pixel value occurs in the images.
    """

    label: np.ndarray
    probabilities: np.ndarray | None
    errors: dict[str, np.ndarray]
    anomaly: dict[str, np.ndarray]
    histogram: np.ndarray
