"""Write a checkpoint after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.training.checkpoint import Progress, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What Keras' and our callbacks count between epochs; `keras.callbacks.BackupAndRestore` does not keep it.
COUNTERS = ("wait", "best", "best_epoch", "judged_by", "stopped_epoch", "cooldown_counter")


class Checkpoint(keras.callbacks.Callback):
    """Writes model, optimizer, seeds and counters after each epoch. Must be the last callback of a phase.

    Works on any Keras model.

    Args:
        path: the .npz file.
        state: every variable that training changes: of the model with all parts, of the optimizer, and of seeds.
        phase: the index of the phase.
        counted: callbacks of the phase whose counters are kept.
        rows: the rows of the history, which are counted.
        progress: where a phase that was interrupted is resumed, else None.
    """

    def __init__(
        self,
        path: Path,
        state: Sequence[Any],
        phase: int,
        counted: Sequence[keras.callbacks.Callback],
        rows: Sequence[Any],
        progress: Progress | None = None,
    ) -> None:
        super().__init__()
        self.path = path
        self.state = state
        self.phase = phase
        self.counted = counted
        self.rows = rows
        self.progress = progress

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore the counters of the callbacks, which reset them at each call of `fit`."""
        if self.progress is not None:
            for callback, counters in zip(self.counted, self.progress.callbacks, strict=True):
                for name, value in counters.items():
                    setattr(callback, name, tuple(value) if isinstance(value, list) else value)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the checkpoint."""
        counters = tuple(
            {name: _plain(vars(callback)[name]) for name in COUNTERS if name in vars(callback)}
            for callback in self.counted
        )
        self.progress = Progress(self.phase, epoch + 1, bool(self.model.stop_training), len(self.rows), counters)
        write(self.path, self.progress, self.state)


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as a Python number, which JSON takes."""
    return value.item() if isinstance(value, np.generic) else value
