"""Stop a training whose loss is no longer finite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from collections.abc import Sequence


class DivergedError(RuntimeError):
    """A loss is no longer finite."""


class StopOnNaN(keras.callbacks.Callback):
    """Raises `DivergedError` after the first batch whose loss is not finite. Works on any compiled Keras model.

    Args:
        phase: the name of the phase, for the message.
        losses: the logged losses to check.
    """

    def __init__(self, phase: str, losses: Sequence[str] = ("loss",)) -> None:
        super().__init__()
        self.phase = phase
        self.losses = losses
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Check the losses."""
        for name in self.losses:
            loss = (logs or {}).get(name)
            if loss is None or math.isfinite(loss):
                continue
            rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
            raise DivergedError(
                f"the {name.replace('_', ' ')} became {loss} in phase {self.phase!r}, epoch {self.epoch + 1}, "
                f"step {batch + 1}, at learning rate {rate:g}; lower the phase's optimizer.learning_rate or set its "
                "optimizer.clip_norm"
            )
