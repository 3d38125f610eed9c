"""Classification metrics, from the class probabilities of labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from kerasae.evaluation.calibration import expected_calibration_error
from kerasae.evaluation.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_PROBABILITY = 1e-7  # as Keras clips probabilities in its cross-entropy
NUM_TOP_CONFUSIONS = 10


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Precision, recall and F1 of one class, None where undefined, and the number of its images."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often images of the class `true` were predicted as `predicted`; `share` is of all images of `true`."""

    true: str
    predicted: str
    count: int
    share: float | None


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    """The table "label" of metrics.json; a value that is not defined is None.

    Attributes:
        accuracy: the share of images whose class is predicted.
        balanced_accuracy: the mean recall of the classes that occur.
        macro_f1: the mean F1 of the classes that occur or are predicted, as scikit-learn computes it.
        loss: the mean cross-entropy in nats, without class weights.
        expected_calibration_error: see `calibration`.
        per_class: in the order of the classes.
        confusion_matrix: counts, a row for each true class and a column for each predicted one.
        top_confusions: the most frequent mistakes, at most 10, largest first.
    """

    accuracy: float | None
    balanced_accuracy: float | None
    macro_f1: float | None
    loss: float | None
    expected_calibration_error: float | None
    per_class: list[ClassScores]
    confusion_matrix: list[list[int]]
    top_confusions: list[Confusion]


def label_metrics(truth: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]) -> LabelMetrics:
    """Measure the label head on labelled images.

    Args:
        truth: int (n,), the true classes, each in [0, num_classes); n > 0.
        probabilities: float (n, num_classes), rows sum to 1.
        class_names: the name of each class.
    """
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(len(class_names))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=classes, zero_division=np.nan
    )
    counts = confusion_matrix(truth, predicted, labels=classes)
    of_truth = np.clip(probabilities[np.arange(len(truth)), truth].astype(np.float64), MIN_PROBABILITY, 1.0)
    return LabelMetrics(
        accuracy=number(accuracy_score(truth, predicted)),
        balanced_accuracy=number(recall[support > 0].mean()),
        macro_f1=number(f1_score(truth, predicted, average="macro", zero_division=0.0)),
        loss=number(-np.log(of_truth).mean()),
        expected_calibration_error=number(expected_calibration_error(truth, probabilities)),
        per_class=[
            ClassScores(name, number(precision[index]), number(recall[index]), number(f1[index]), int(support[index]))
            for index, name in enumerate(class_names)
        ],
        confusion_matrix=counts.tolist(),
        top_confusions=top_confusions(counts, class_names),
    )


def top_confusions(counts: np.ndarray, class_names: Sequence[str]) -> list[Confusion]:
    """List the most frequent mistakes of a confusion matrix, int (num_classes, num_classes), largest first."""
    mistakes = counts - np.diag(np.diag(counts))
    shares = mistakes / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    order = np.lexsort((-shares.ravel(), -mistakes.ravel()))[:NUM_TOP_CONFUSIONS]
    return [
        Confusion(class_names[row], class_names[column], int(mistakes[row, column]), number(shares[row, column]))
        for row, column in zip(*np.unravel_index(order, counts.shape), strict=True)
        if mistakes[row, column]
    ]
