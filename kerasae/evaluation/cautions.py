"""Signs in a run's own figures that its model is not to be trusted, in words, with what to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.runs.history import History

# Twice the standard error of a share: what chance alone rarely makes of it.
ERRORS = 2.0


def cautions(history: History, validation_labels: np.ndarray, metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what looks wrong, each with its `rule` and a `text` that says why and what to do.

    The rules, on labelled images alone; a share of n images errs by sqrt(p (1 - p) / n), and "beyond chance" is twice
    that:

    - `one_class`: in no epoch is the validation accuracy above the share of the largest class in the validation images.
      Answering that class for every image does as well.
    - `no_transfer`: in the last epoch that has both, the training accuracy is above the middle between that share and
      1, and the validation accuracy is not beyond chance above that share.
    - `linear`: on the test images, logistic regression on pixels is better, beyond chance (the errors of both added as
      if independent, which is cautious).

    Args:
        history: of the training; may be empty.
        validation_labels: int (n,), -1 for unlabelled.
        metrics: what metrics.json holds so far.
    """
    found = [_one_class(history, validation_labels), _linear(metrics)]
    return [{"rule": rule, "text": text} for rule, text in filter(None, found)]


def _one_class(history: History, labels: np.ndarray) -> tuple[str, str] | None:
    labels = labels[labels >= 0]
    curve, training = (history.columns.get(name) for name in ("val_label_accuracy", "label_accuracy"))
    if curve is None or not np.isfinite(curve).any() or len(np.unique(labels)) < 2:
        return None
    share = float(np.bincount(labels).max()) / len(labels)
    best = float(np.nanmax(curve))
    if best <= share + 0.5 / len(labels):  # below one image more
        return "one_class", (
            f"the best validation accuracy, {best:.1%}, is no more than the share of the largest class, {share:.1%}: "
            "the model answers as if it knew nothing but which class is common; train for more epochs, try another "
            "learning rate, set data.class_weights to 'balanced', and check the labels"
        )
    if training is None or not (np.isfinite(training) & np.isfinite(curve)).any():
        return None
    both = np.flatnonzero(np.isfinite(training) & np.isfinite(curve))
    learned, judged = float(training[both[-1]]), float(curve[both[-1]])
    chance = ERRORS * math.sqrt(share * (1 - share) / len(labels))
    if learned > (1 + share) / 2 and judged <= share + chance:
        return "no_transfer", (
            f"the training accuracy is {learned:.1%} but the validation accuracy {judged:.1%}, no better than chance "
            f"(the largest class has {share:.1%}): what was learned does not carry over; check that training and "
            "validation images are of one kind and their labels right, and add images or augmentation"
        )
    return None


def _linear(metrics: Mapping[str, Any]) -> tuple[str, str] | None:
    linear, label = metrics.get("baseline", {}).get("linear"), metrics.get("test", {}).get("label")
    if linear is None or label is None or None in (linear["accuracy"], label["accuracy"]):
        return None
    count = sum(row["support"] for row in label["per_class"])
    own, other = label["accuracy"], linear["accuracy"]
    error = math.sqrt((own * (1 - own) + other * (1 - other)) / count)
    if other - own <= ERRORS * error or other <= own:
        return None
    return "linear", (
        f"a linear model is better: {other:.1%} of the test images against {own:.1%}; with so few images use that, or "
        "train for more epochs, add images, or start from a trained encoder (start_from)"
    )
