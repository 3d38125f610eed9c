"""How often in-distribution images are rejected, and how accurate the accepted predictions are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.inference.predictions import Predictions


@dataclass(frozen=True, slots=True)
class RejectionRate:
    """A share of rejected images in [0, 1] with its exact 95% interval (Clopper and Pearson 1934)."""

    share: float
    interval: list[float]

    @classmethod
    def of(cls, rejected: np.ndarray) -> RejectionRate:
        """Return the share of what is true in bool (n,), n > 0."""
        interval = binomtest(int(rejected.sum()), len(rejected)).proportion_ci(0.95, method="exact")
        return cls(float(rejected.mean()), [float(interval.low), float(interval.high)])


@dataclass(frozen=True, slots=True)
class ClassRejectionRate:
    """The `RejectionRate` of the images of one class, and their number."""

    name: str
    support: int
    share: float
    interval: list[float]


@dataclass(frozen=True, slots=True)
class RejectionMetrics:
    """The table "rejection" of metrics.json.

    Attributes:
        rejected: the number of rejected images.
        rejected_share: of all images; among in-distribution images it is the false-positive rate.
        rejected_interval: its exact 95% interval.
        accepted_accuracy: the accuracy on the labelled images among the accepted ones; None without any.
        per_class: the rate of each true class that occurs, since one overall rate may hide a class that is rejected far
            more often.
    """

    rejected: int
    rejected_share: float
    rejected_interval: list[float]
    accepted_accuracy: float | None
    per_class: list[ClassRejectionRate]


def rejection_rates_by_class(
    rejected: np.ndarray, labels: np.ndarray, class_names: Sequence[str]
) -> list[ClassRejectionRate]:
    """Return the rejection rate of each class that occurs.

    Args:
        rejected: bool (n,).
        labels: int (n,), the true classes; -1, where unknown, counts for no class.
        class_names: the name of each class.
    """
    rates = []
    for index, name in enumerate(class_names):
        of_class = rejected[labels == index]
        if len(of_class):
            rate = RejectionRate.of(of_class)
            rates.append(ClassRejectionRate(name, len(of_class), rate.share, rate.interval))
    return rates


def rejection_metrics(predictions: Predictions, class_names: Sequence[str]) -> RejectionMetrics:
    """Measure the decisions of a model with a rejection."""
    accepted = predictions.anomaly["accepted"]
    rate = RejectionRate.of(~accepted)
    labelled = accepted & (predictions.label >= 0)
    accuracy = None
    if predictions.probabilities is not None and labelled.any():
        accuracy = float(np.mean(predictions.probabilities[labelled].argmax(axis=1) == predictions.label[labelled]))
    return RejectionMetrics(
        rejected=int((~accepted).sum()),
        rejected_share=rate.share,
        rejected_interval=rate.interval,
        accepted_accuracy=accuracy,
        per_class=rejection_rates_by_class(~accepted, predictions.label, class_names),
    )
