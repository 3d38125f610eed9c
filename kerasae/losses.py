"""Losses that reduce to one value per image, so that a weight per image scales them exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PIXEL_LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "mean_squared_error": lambda true, predicted: ops.square(predicted - true),
    "mean_absolute_error": lambda true, predicted: ops.abs(predicted - true),
    "huber": lambda true, predicted: _huber(predicted - true),
    "binary_crossentropy": ops.binary_crossentropy,
}
_HUBER_DELTA = 0.1


@keras.saving.register_keras_serializable("kerasae")
class ReconstructionLoss(keras.losses.Loss):
    """A pixel loss averaged over each image.

    Takes images of shape (batch, height, width, channels) in [0, 1] and returns (batch,). Keras' pixel losses return
    (batch, height, width), which a weight of shape (batch,) does not fit.

    Args:
        pixel_loss: "mean_squared_error", "mean_absolute_error", "huber" (quadratic up to 0.1, a tenth of the pixel
            range; Huber, 1964) or "binary_crossentropy".
        deviation: divides the pixels of each channel first, to measure the loss on a standardized scale (subtracting a
            mean does not change the error); None for 1. Not for "binary_crossentropy".

    Raises:
        ValueError: an unknown `pixel_loss`, or a deviation with "binary_crossentropy", which is defined on [0, 1] only.
    """

    def __init__(
        self,
        pixel_loss: str = "mean_squared_error",
        deviation: Sequence[float] | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "reconstruction_loss",
        dtype: Any = "float32",
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if pixel_loss not in _PIXEL_LOSSES:
            raise ValueError(f"pixel_loss: expected one of {', '.join(_PIXEL_LOSSES)}. Received: {pixel_loss!r}")
        if deviation is not None and pixel_loss == "binary_crossentropy":
            raise ValueError(f"deviation: expected None with binary_crossentropy. Received: {tuple(deviation)}")
        self.pixel_loss = pixel_loss
        self.deviation = None if deviation is None else tuple(map(float, deviation))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each image, shape (batch,)."""
        if self.deviation is not None:
            y_true, y_pred = (ops.divide(pixels, ops.convert_to_tensor(self.deviation)) for pixels in (y_true, y_pred))
        values = _PIXEL_LOSSES[self.pixel_loss](y_true, y_pred)
        return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "pixel_loss": self.pixel_loss, "deviation": self.deviation}


@keras.saving.register_keras_serializable("kerasae")
class LabelLoss(keras.losses.Loss):
    """A loss of class probabilities with class weights, also for rows that mix classes.

    Takes rows and probabilities of shape (batch, num_classes) and returns (batch,). The cross-entropy of a row r, after
    smoothing, is the sum over classes of r_k w_k (-log p_k) with class weights w, as in PyTorch's
    `CrossEntropyLoss(weight, label_smoothing)` before its reduction. The other losses are multiplied by the mean
    weight of the row's classes.

    Args:
        label_loss: "categorical_crossentropy", "binary_crossentropy" (the mean over classes of that between p and the
            row), "mean_squared_error" or "mean_absolute_error".
        class_weights: (num_classes,), 0 or more; None for 1 each.
        label_smoothing: the share of a row that is spread evenly over the classes, in [0, 1); for cross-entropies only.

    Raises:
        ValueError: an unknown `label_loss`, a smoothing out of range or without a cross-entropy, or a negative weight.
    """

    def __init__(
        self,
        label_loss: str = "categorical_crossentropy",
        class_weights: Sequence[float] | None = None,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "label_loss",
        dtype: Any = "float32",
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if label_loss not in _LABEL_LOSSES:
            raise ValueError(f"label_loss: expected one of {', '.join(_LABEL_LOSSES)}. Received: {label_loss!r}")
        if not 0 <= label_smoothing < 1 or (label_smoothing and not label_loss.endswith("crossentropy")):
            raise ValueError(
                "label_smoothing: expected a number in [0, 1), above 0 only with a cross-entropy. "
                f"Received: {label_smoothing} and {label_loss!r}"
            )
        if class_weights is not None and not all(weight >= 0 for weight in class_weights):
            raise ValueError(f"class_weights: expected numbers from 0. Received: {list(class_weights)}")
        self.label_loss = label_loss
        self.class_weights = None if class_weights is None else tuple(map(float, class_weights))
        self.label_smoothing = label_smoothing
        smoothing = {"label_smoothing": label_smoothing} if label_loss == "binary_crossentropy" else {}
        self._loss = _LABEL_LOSSES[label_loss](reduction=None, dtype=dtype, **smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row, shape (batch,)."""
        if self.label_loss != "categorical_crossentropy":
            return self._loss.call(y_true, y_pred) * self.row_weights(y_true)
        rows = y_true * (1.0 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]
        if self.class_weights is not None:
            rows = rows * ops.convert_to_tensor(self.class_weights, rows.dtype)
        # Keras finds the logits behind a softmax, and the gradient of TensorFlow's kernel is right for rows of sum 1.
        sums = ops.sum(rows, axis=-1, keepdims=True)
        return sums[:, 0] * self._loss.call(ops.divide_no_nan(rows, sums), y_pred)

    def row_weights(self, rows: Any) -> Any:
        """Return the weight of each row, the sum of the row times the class weights, shape (batch,)."""
        if self.class_weights is None:
            return ops.sum(rows, axis=-1)
        return ops.matmul(rows, ops.convert_to_tensor(self.class_weights, rows.dtype))

    def unweighted(self) -> LabelLoss:
        """Return the same loss without class weights, for validation."""
        return LabelLoss.from_config({**self.get_config(), "class_weights": None})

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "label_loss": self.label_loss,
            "class_weights": self.class_weights,
            "label_smoothing": self.label_smoothing,
        }


@keras.saving.register_keras_serializable("kerasae")
class ProbabilityCrossentropy(keras.losses.BinaryCrossentropy):
    """The mean over classes of the binary cross-entropy between a softmax's probabilities and a row of the label.

    On TensorFlow, Keras' loss looks up the logits behind a softmax and treats them as logits of independent sigmoids.
    Training then optimizes another model than the one that gives the probabilities.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row, shape (batch,)."""
        edge = keras.config.epsilon()
        return super().call(y_true, ops.clip(y_pred, edge, 1.0 - edge))


def _huber(error: Any) -> Any:
    size = ops.abs(error)
    return ops.where(size <= _HUBER_DELTA, 0.5 * size * size, _HUBER_DELTA * (size - 0.5 * _HUBER_DELTA))


_LABEL_LOSSES: dict[str, type[keras.losses.Loss]] = {
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "binary_crossentropy": ProbabilityCrossentropy,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
}
