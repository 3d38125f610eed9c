"""Metrics over labelled images, and callbacks for which a value that is not finite is no improvement."""

from __future__ import annotations

import math
from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class LabelledAccuracy(keras.metrics.Mean):
    """The share of labelled images whose most probable class is the true one.

    Takes rows and probabilities of shape (batch, num_classes). A zero row means unlabelled and is not counted; the true
    class of a soft row is its largest entry.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = "float32") -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the rows of one batch, weighted by `sample_weight` (batch,) if given."""
        right = ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), "float32")
        counted = ops.cast(ops.any(ops.not_equal(y_true, 0), axis=-1), "float32")
        if sample_weight is not None:
            counted = counted * ops.cast(sample_weight, "float32")
        super().update_state(right, sample_weight=counted)


@keras.saving.register_keras_serializable("kerasae")
class LabelledMacroF1(keras.metrics.Metric):
    """The mean of the F1 scores of the classes that occur or are predicted, over labelled images.

    Takes rows of shape (batch, num_classes) as `LabelledAccuracy` does, and counts every labelled image once.
    """

    def __init__(self, num_classes: int, name: str = "macro_f1", dtype: Any = "float32") -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_classes = num_classes
        self.right, self.true, self.predicted = (
            self.add_variable((num_classes,), "zeros", name=count) for count in ("right", "true", "predicted")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the rows of one batch; `sample_weight` is ignored."""
        counted = ops.cast(ops.any(ops.not_equal(y_true, 0), axis=-1), "float32")[:, None]
        true, predicted = (
            ops.one_hot(ops.argmax(rows, axis=-1), self.num_classes) * counted for rows in (y_true, y_pred)
        )
        for variable, hits in ((self.right, true * predicted), (self.true, true), (self.predicted, predicted)):
            variable.assign_add(ops.sum(hits, axis=0))

    def result(self) -> Any:
        """Return the mean so far."""
        sizes = self.true + self.predicted
        seen = ops.cast(sizes > 0, "float32")
        return ops.sum(2 * self.right / ops.maximum(sizes, 1)) / ops.maximum(ops.sum(seen), 1)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "num_classes": self.num_classes}


def direction(monitor: str) -> Literal["min", "max"]:
    """Return whether a logged value should be minimized or maximized."""
    return "max" if monitor.endswith(("accuracy", "macro_f1")) else "min"


class OnlyFiniteImproves:
    """A mixin for Keras' callbacks that monitor a value: a value that is not finite is no improvement.

    Keras takes the first value as the best, even NaN, and then no value improves on it.
    """

    def _is_improvement(self, monitor_value: float, reference_value: float | None) -> bool:
        better: Any = super()
        return math.isfinite(monitor_value) and bool(better._is_improvement(monitor_value, reference_value))  # noqa: SLF001


class ReduceLROnPlateau(OnlyFiniteImproves, keras.callbacks.ReduceLROnPlateau):
    """Keras' callback, except that NaN and infinities are no improvement."""


def finite_or_worst(value: float) -> float:
    """Return a value to be minimized, with infinity in place of one that is not finite."""
    return value if math.isfinite(value) else math.inf
