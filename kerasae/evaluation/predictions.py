"""What a model answers for a set of images, kept image by image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Predictions:
    """What a model said about n images; the head that it lacks leaves `probabilities` None or `errors` empty.

    `anomaly`, empty without a rejection, holds `anomaly_score` float32 (n,), `accepted` bool (n,), and each part's own
    score. `histogram`, int64 (256,), counts the values of the images themselves.
    """

    label: np.ndarray
    probabilities: np.ndarray | None
    errors: dict[str, np.ndarray]
    anomaly: dict[str, np.ndarray]
    histogram: np.ndarray
