"""Keep the weights of the best epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasae.metrics import direction, finite_or_worst
from kerasae.training.array_files import write_arrays

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epoch on disk.

    Of two epochs with an equal monitored value, the one with the lower validation loss is better, because accuracy on
    few validation images is coarse. A value that is not finite is worse than any finite one. Losses of epochs with
    different loss weights cannot be compared: where a loss is monitored, the best epoch is chosen among those with the
    last loss weights. Works on any compiled `JointAutoencoder`.

    Args:
        path: the .npz file that keeps the weights.
        monitor: the logged value to compare.
    """

    def __init__(self, path: Path, monitor: str) -> None:
        super().__init__()
        self.path = path
        self.monitor = monitor
        self.best: tuple[float, float] | None = None
        self.best_epoch: int | None = None
        # The loss weights under which `best` was measured; the name is part of the format of checkpoints.
        self.judged_by: tuple[float, ...] = ()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the weights if this epoch is the best so far."""
        logs = logs or {}
        sign = -1.0 if direction(self.monitor) == "max" else 1.0
        value = (finite_or_worst(sign * logs[self.monitor]), finite_or_worst(logs[tie_break(self.monitor, logs)]))
        terms = self.model.term_weights.values() if self.monitor in ("loss", "val_loss") else ()
        loss_weights = tuple(float(keras.ops.convert_to_numpy(weight)) for weight in terms)
        if self.best is None or value < self.best or loss_weights != self.judged_by:
            self.best, self.best_epoch, self.judged_by = value, epoch, loss_weights
            write_arrays(self.path, self.model.get_weights())


def tie_break(monitor: str, logged: Container[str]) -> str:
    """Return the loss that decides between equal monitored values.

    For an accuracy this is the loss of its head, which has no loss weight.
    """
    head_loss = monitor.replace("accuracy", "loss") if "accuracy" in monitor else "val_loss"
    return next((name for name in (head_loss, "val_loss") if name in logged), "loss")
