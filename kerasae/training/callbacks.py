"""Callbacks of a phase: the best weights, and the end of a diverged training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.files.reading import damaged, read_npz
from kerasae.files.writing import written_whole
from kerasae.metrics import direction, finite_or_worst

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path


class DivergedError(RuntimeError):
    """The loss is no longer a number."""


class StopOnNaN(keras.callbacks.Callback):
    """Ends training with a `DivergedError` as soon as the loss is not finite.

    Args:
        phase: the phase's name, for the message.
        watched: the logged values to look at.
    """

    def __init__(self, phase: str, watched: Sequence[str] = ("loss",)) -> None:
        super().__init__()
        self.phase = phase
        self.watched = watched
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember the epoch for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        for name in self.watched:
            loss = (logs or {}).get(name)
            if loss is None or math.isfinite(loss):
                continue
            rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
            raise DivergedError(
                f"the {name.replace('_', ' ')} became {loss} in phase {self.phase!r}, epoch {self.epoch + 1}, "
                f"step {batch + 1}, at learning rate {rate:g}; lower the phase's optimizer.learning_rate or set its "
                "optimizer.clip_norm"
            )


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epoch on disk.

    Of two epochs with an equal monitored value, the one with the lower validation loss is better: with few validation
    images accuracy is too coarse to choose by alone. A value that is not finite is worse than any that is. Where the
    loss itself is monitored, epochs of different loss weights cannot be compared: the best is one of those with the
    last weights.

    Args:
        path: the .npz file to keep them in.
        monitor: the logged value to go by.
    """

    def __init__(self, path: Path, monitor: str) -> None:
        super().__init__()
        self.path = path
        self.monitor = monitor
        self.best: tuple[float, float] | None = None
        self.best_epoch: int | None = None
        self.judged_by: tuple[float, ...] = ()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the weights if they are the best so far."""
        logs = logs or {}
        sign = -1.0 if direction(self.monitor) == "max" else 1.0
        value = (finite_or_worst(sign * logs[self.monitor]), finite_or_worst(logs[tie_break(self.monitor, logs)]))
        weights = self.model.term_weights.values() if self.monitor in ("loss", "val_loss") else ()
        judged_by = tuple(float(keras.ops.convert_to_numpy(weight)) for weight in weights)
        if self.best is None or value < self.best or judged_by != self.judged_by:
            self.best, self.best_epoch, self.judged_by = value, epoch, judged_by
            write_arrays(self.path, self.model.get_weights())


def tie_break(monitor: str, logged: Container[str]) -> str:
    """Return the loss that decides between equal values: of accuracies the label's, which is free of weights."""
    first = monitor.replace("accuracy", "loss") if "accuracy" in monitor else "val_loss"
    return next((name for name in (first, "val_loss") if name in logged), "loss")


def write_arrays(path: Path, arrays: list[np.ndarray], **named: Any) -> None:
    """Write arrays in order, and others by name, whole or not at all."""
    with written_whole(path) as temporary:
        entries: dict[str, Any] = {f"array_{index}": array for index, array in enumerate(arrays)}
        np.savez(temporary, **entries, **named)


def read_arrays(path: Path) -> list[np.ndarray]:
    """Read what `write_arrays` wrote in order."""
    stored = read_npz(path)
    names = [f"array_{index}" for index in range(sum(name.startswith("array_") for name in stored))]
    if any(name not in stored for name in names):
        raise damaged(path, "expected arrays in order")
    return [stored[name] for name in names]
