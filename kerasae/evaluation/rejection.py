"""How often known images are rejected, and what that buys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.evaluation.predictions import Predictions


def share(rejected: np.ndarray) -> dict[str, Any]:
    """Return the share of what is true, bool (n,), with its exact 95% interval (Clopper and Pearson 1934)."""
    interval = binomtest(int(rejected.sum()), len(rejected)).proportion_ci(0.95, method="exact")
    return {"share": float(rejected.mean()), "interval": [float(interval.low), float(interval.high)]}


def by_class(rejected: np.ndarray, labels: np.ndarray, class_names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the share of what is true, bool (n,), among the images of each class that occurs, with its interval.

    Args:
        labels: int (n,), the true classes, -1 where there is none; these count for no class.
    """
    return [
        {"name": name, "support": int((labels == index).sum()), **share(rejected[labels == index])}
        for index, name in enumerate(class_names)
        if (labels == index).any()
    ]


def rejection_metrics(predictions: Predictions, class_names: Sequence[str]) -> dict[str, Any]:
    """Return the table `rejection`: how many images are rejected, of known ones the false-positive rate.

    `rejected_share` has its interval beside it (see `share`), and `per_class` the same of each true class, since one
    rate over all may hide a class that is rejected far more often. `accepted_accuracy` is the
    accuracy on the labelled images among the accepted, None where there are none.
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
        "per_class": by_class(~accepted, predictions.label, class_names),
    }
