"""How often known pictures are rejected, and what that buys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

if TYPE_CHECKING:
    from kerasae.evaluation.passes import Predictions


def rejection_metrics(predictions: Predictions) -> dict[str, Any]:
    """Return the table `rejection`: how many pictures are rejected, of known ones the false-positive rate.

    `rejected_share` has its exact 95% interval beside it (Clopper and Pearson 1934). `accepted_accuracy` is the
    accuracy on the labelled pictures among the accepted, None where there are none.
    """
    accepted = predictions.anomaly["accepted"]
    rejected, count = int((~accepted).sum()), len(accepted)
    interval = binomtest(rejected, count).proportion_ci(0.95, method="exact")
    judged = accepted & (predictions.label >= 0)
    accuracy = None
    if predictions.probabilities is not None and judged.any():
        accuracy = float(np.mean(predictions.probabilities[judged].argmax(axis=1) == predictions.label[judged]))
    return {
        "rejected": rejected,
        "rejected_share": rejected / count,
        "rejected_interval": [float(interval.low), float(interval.high)],
        "accepted_accuracy": accuracy,
    }
