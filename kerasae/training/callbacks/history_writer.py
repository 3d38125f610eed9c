"""Write history.csv while training."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import keras

from kerasae.files.writing import write_text
from kerasae.runs.history import rows_to_csv

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.runs.history import Row


class HistoryWriter(keras.callbacks.Callback):
    """Writes the logged values of each epoch to history.csv, the whole file after every epoch.

    Works on any compiled Keras model.

    Args:
        path: the CSV file.
        rows: the rows of earlier epochs; a row is added to the list after each epoch.
        phase: the name of the phase.
        images_per_epoch: training images of one epoch. `images_per_second` does not count validation.
    """

    def __init__(self, path: Path, rows: list[Row], phase: str, images_per_epoch: int) -> None:
        super().__init__()
        self.path = path
        self.rows = rows
        self.phase = phase
        self.images_per_epoch = images_per_epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock, and note the learning rate: at the end of the epoch a schedule returns the next one."""
        self._begin = time.perf_counter()
        self._learning_rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self._validation_begin: float | None = None

    def on_test_begin(self, logs: Any = None) -> None:
        """Note when validation begins."""
        self._validation_begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the row of the epoch and write the file."""
        now = time.perf_counter()
        row = {
            "epoch": len(self.rows) + 1,
            "phase": self.phase,
            "seconds": round(now - self._begin, 3),
            "images_per_second": round(self.images_per_epoch / ((self._validation_begin or now) - self._begin), 1),
            "learning_rate": self._learning_rate,
        }
        self.rows.append({**row, **{key: float(value) for key, value in (logs or {}).items() if key not in row}})
        write_text(self.path, rows_to_csv(self.rows))
