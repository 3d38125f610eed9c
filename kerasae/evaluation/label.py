"""How well images are recognised, from the class probabilities of labelled images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from kerasae.evaluation.calibration import expected_calibration_error
from kerasae.evaluation.numbers import number

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALLEST_PROBABILITY = 1e-7  # what Keras clips probabilities to
TOP_CONFUSIONS = 10


def label_metrics(truth: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]) -> dict[str, Any]:
    """Measure the label head on images whose class is known.

    Balanced accuracy is the mean recall of the classes that occur; macro-F1 averages the classes that occur or were
    predicted, as scikit-learn does. A precision, recall or F1 that is not defined is None.

    Args:
        truth: int (n,), the true classes, each in [0, num_classes); n > 0.
        probabilities: float (n, num_classes), rows sum to 1.
        class_names: the name of each class.

    Returns:
        The table "test.label" of metrics.json.
    """
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(len(class_names))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=classes, zero_division=np.nan
    )
    counts = confusion_matrix(truth, predicted, labels=classes)
    of_truth = np.clip(probabilities[np.arange(len(truth)), truth].astype(np.float64), SMALLEST_PROBABILITY, 1.0)
    return {
        "accuracy": number(accuracy_score(truth, predicted)),
        "balanced_accuracy": number(recall[support > 0].mean()),
        "macro_f1": number(f1_score(truth, predicted, average="macro", zero_division=0.0)),
        "loss": number(-np.log(of_truth).mean()),
        "expected_calibration_error": number(expected_calibration_error(truth, probabilities)),
        "per_class": [
            {
                "name": name,
                "precision": number(precision[index]),
                "recall": number(recall[index]),
                "f1": number(f1[index]),
                "support": int(support[index]),
            }
            for index, name in enumerate(class_names)
        ],
        "confusion_matrix": counts.tolist(),
        "top_confusions": top_confusions(counts, class_names),
    }


def top_confusions(counts: np.ndarray, class_names: Sequence[str]) -> list[dict[str, Any]]:
    """List the most frequent mistakes; `share` is the part of the true class that went wrong in this way."""
    mistakes = counts - np.diag(np.diag(counts))
    shares = mistakes / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    order = np.lexsort((-shares.ravel(), -mistakes.ravel()))[:TOP_CONFUSIONS]
    return [
        {
            "true": class_names[row],
            "predicted": class_names[column],
            "count": int(mistakes[row, column]),
            "share": number(shares[row, column]),
        }
        for row, column in zip(*np.unravel_index(order, counts.shape), strict=True)
        if mistakes[row, column]
    ]
