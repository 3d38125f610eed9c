"""Metrics that count labelled pictures alone."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class LabelledAccuracy(keras.metrics.Mean):
    """The share of labelled pictures whose most probable class is the true one.

    Takes rows of shape (batch, num_classes), one-hot or soft; a zero row means unlabelled and is not counted.
    A soft row counts as its largest entry.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = "float32") -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the rows of one batch; `sample_weight` (batch,) weighs them where it is given."""
        right = ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), "float32")
        counted = ops.cast(ops.any(ops.not_equal(y_true, 0), axis=-1), "float32")
        if sample_weight is not None:
            counted = counted * ops.cast(sample_weight, "float32")
        super().update_state(right, sample_weight=counted)


def direction(monitor: str) -> Literal["min", "max"]:
    """Return whether a logged value is to be small or large."""
    return "max" if monitor.endswith("accuracy") else "min"
