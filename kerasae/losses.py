"""Losses that reduce to one number a picture, so that a weight a picture acts on them exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

_PIXEL_LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "mean_squared_error": lambda true, predicted: ops.square(predicted - true),
    "mean_absolute_error": lambda true, predicted: ops.abs(predicted - true),
    "huber": lambda true, predicted: _huber(predicted - true),
    "binary_crossentropy": lambda true, predicted: ops.binary_crossentropy(true, predicted),
}
_HUBER_DELTA = 0.1


@keras.saving.register_keras_serializable("kerasae")
class ReconstructionLoss(keras.losses.Loss):
    """A pixel loss averaged over each picture.

    Takes pictures of shape (batch, height, width, channels) in [0, 1] and gives (batch,), where Keras' own pixel losses
    give (batch, height, width), which a weight of shape (batch,) does not fit.

    Args:
        pixel_loss: "mean_squared_error", "mean_absolute_error", "huber" (quadratic up to 0.1, a tenth of the pixel
            range; Huber, 1964) or "binary_crossentropy".
    """

    def __init__(
        self,
        pixel_loss: str = "mean_squared_error",
        reduction: str | None = "sum_over_batch_size",
        name: str = "reconstruction_loss",
        dtype: Any = "float32",
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if pixel_loss not in _PIXEL_LOSSES:
            raise ValueError(f"pixel_loss: expected one of {', '.join(_PIXEL_LOSSES)}. Received: {pixel_loss!r}")
        self.pixel_loss = pixel_loss

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each picture, shape (batch,)."""
        values = _PIXEL_LOSSES[self.pixel_loss](y_true, y_pred)
        return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "pixel_loss": self.pixel_loss}


def _huber(error: Any) -> Any:
    size = ops.abs(error)
    return ops.where(size <= _HUBER_DELTA, 0.5 * size * size, _HUBER_DELTA * (size - 0.5 * _HUBER_DELTA))
