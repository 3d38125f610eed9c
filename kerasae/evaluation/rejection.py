"""How often known pictures are rejected, and what that buys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

if TYPE_CHECKING:
    from kerasae.evaluation.passes import Predictions


def share(rejected: np.ndarray) -> dict[str, Any]:
    """Return the share of what is true, bool (n,), with its exact 95% interval (Clopper and Pearson 1934)."""
    interval = binomtest(int(rejected.sum()), len(rejected)).proportion_ci(0.95, method="exact")
    return {"share": float(rejected.mean()), "interval": [float(interval.low), float(interval.high)]}


def rejection_metrics(predictions: Predictions) -> dict[str, Any]:
    """Return the table `rejection`: how many pictures are rejected, of known ones the false-positive rate.

    `rejected_share` has its interval beside it (see `share`). `accepted_accuracy` is the
    accuracy on the labelled pictures among the accepted, None where there are none.
    """
    accepted = predictions.anomaly["accepted"]
    rejected = share(~accepted)
    judged = accepted & (predictions.label >= 0)
    accuracy = None
    if predictions.probabilities is not None and judged.any():
        accuracy = float(np.mean(predictions.probabilities[judged].argmax(axis=1) == predictions.label[judged]))
    return {
        "rejected": int((~accepted).sum()),
        "rejected_share": rejected["share"],
        "rejected_interval": rejected["interval"],
        "accepted_accuracy": accuracy,
    }
