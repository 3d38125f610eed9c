"""Losses that reduce to one number a picture, so that a weight a picture acts on them exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        deviation: what the pixels of each channel are divided by first, to measure the loss on a standardized scale (a
            mean subtracted there leaves the error as it is); None for 1. Not for "binary_crossentropy".

    Raises:
        ValueError: another `pixel_loss`, or a deviation with "binary_crossentropy", which is defined on [0, 1] alone.
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
        """Return the loss of each picture, shape (batch,)."""
        if self.deviation is not None:
            y_true, y_pred = (ops.divide(pixels, ops.convert_to_tensor(self.deviation)) for pixels in (y_true, y_pred))
        values = _PIXEL_LOSSES[self.pixel_loss](y_true, y_pred)
        return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "pixel_loss": self.pixel_loss, "deviation": self.deviation}


@keras.saving.register_keras_serializable("kerasae")
class ProbabilityCrossentropy(keras.losses.BinaryCrossentropy):
    """The mean over classes of the binary cross-entropy between a softmax's probabilities and a row of the label.

    Keras' own finds the logits behind a softmax, in TensorFlow, and takes them for those of independent sigmoids: what
    is trained then is another model than the one whose probabilities are read off.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row, shape (batch,)."""
        edge = keras.config.epsilon()
        return super().call(y_true, ops.clip(y_pred, edge, 1.0 - edge))


def _huber(error: Any) -> Any:
    size = ops.abs(error)
    return ops.where(size <= _HUBER_DELTA, 0.5 * size * size, _HUBER_DELTA * (size - 0.5 * _HUBER_DELTA))
