"""Warning signs in a run's own results, each with advice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from kerasae.evaluation.baseline import LinearBaseline
    from kerasae.evaluation.label import LabelMetrics
    from kerasae.runs.history import History

# Standard errors that a difference must exceed to count: about 95% confidence.
STANDARD_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Caution:
    """The rule that applies, and a text that says why and what to do."""

    rule: Literal["one_class", "no_transfer", "linear"]
    text: str


def cautions(
    history: History,
    validation_labels: np.ndarray,
    label: LabelMetrics | None,
    baseline: LinearBaseline | None,
) -> list[Caution]:
    """Return the warning signs of a training and its test results.

    All rules look at labelled images alone. The standard error of a share p of n images is sqrt(p (1 - p) / n);
    "significantly" means by more than two standard errors.

    - `one_class`: in no epoch is the validation accuracy above the share of the largest class in the validation images.
      Predicting that class for every image does as well.
    - `no_transfer`: in the last epoch that has both accuracies, the training accuracy is above the middle between that
      share and 1, and the validation accuracy is not significantly above that share.
    - `linear`: on the test images, logistic regression on pixels is significantly better (the squared errors of both
      are added as if they were independent, which is conservative).

    Args:
        history: of the training; may be empty.
        validation_labels: int (n,), -1 for unlabelled.
        label: the label metrics of the test images; None without.
        baseline: the linear baseline; None without.
    """
    signs = (_caution_of_curves(history, validation_labels), _caution_of_baseline(label, baseline))
    return [sign for sign in signs if sign is not None]


def _caution_of_curves(history: History, labels: np.ndarray) -> Caution | None:
    labels = labels[labels >= 0]
    validation, training = (history.columns.get(name) for name in ("val_label_accuracy", "label_accuracy"))
    if validation is None or not np.isfinite(validation).any() or len(np.unique(labels)) < 2:
        return None
    majority = float(np.bincount(labels).max()) / len(labels)
    best = float(np.nanmax(validation))
    if best <= majority + 0.5 / len(labels):  # less than one more image
        return Caution(
            "one_class",
            f"the best validation accuracy, {best:.1%}, is not above the share of the largest class, {majority:.1%}: "
            "the model does no better than predicting the most frequent class; train for more epochs, try another "
            "learning rate, set data.class_weights to 'balanced', and check the labels",
        )
    if training is None:
        return None
    epochs = np.flatnonzero(np.isfinite(training) & np.isfinite(validation))
    if not len(epochs):
        return None
    last_training, last_validation = float(training[epochs[-1]]), float(validation[epochs[-1]])
    margin = STANDARD_ERRORS * math.sqrt(majority * (1 - majority) / len(labels))
    if last_training > (1 + majority) / 2 and last_validation <= majority + margin:
        return Caution(
            "no_transfer",
            f"the training accuracy is {last_training:.1%} but the validation accuracy {last_validation:.1%}, no "
            f"better than chance (the largest class has {majority:.1%}): the model does not generalize; check that "
            "training and validation images are of the same kind and their labels right, and add images or "
            "augmentation",
        )
    return None


def _caution_of_baseline(label: LabelMetrics | None, baseline: LinearBaseline | None) -> Caution | None:
    if label is None or baseline is None or label.accuracy is None or baseline.accuracy is None:
        return None
    count = sum(scores.support for scores in label.per_class)
    network, linear = label.accuracy, baseline.accuracy
    standard_error = math.sqrt((network * (1 - network) + linear * (1 - linear)) / count)
    if linear - network <= STANDARD_ERRORS * standard_error or linear <= network:
        return None
    return Caution(
        "linear",
        f"a linear model is better: {linear:.1%} of the test images against {network:.1%}; with so few images use "
        "that, or train for more epochs, add images, or start from a trained encoder (start_from)",
    )
