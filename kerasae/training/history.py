"""history.csv: one row an epoch, over all phases."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

import keras

from kerasae.files.reading import damaged, how_to_fix, read_csv
from kerasae.files.writing import write_text

if TYPE_CHECKING:
    from kerasae.runs.run import Run

FIRST_COLUMNS = ("epoch", "phase", "seconds", "images_per_second", "learning_rate")


class History(keras.callbacks.Callback):
    """Writes each epoch's values to the run's history, whole after every epoch.

    Args:
        run: the run whose history it is.
        rows: the epochs so far, of earlier phases or of the run that is resumed.
        phase: the phase's name.
        images_per_epoch: images that one epoch trains on; `images_per_second` leaves validation out.
    """

    def __init__(self, run: Run, rows: list[dict[str, Any]], phase: str, images_per_epoch: int) -> None:
        super().__init__()
        self.run = run
        self.rows = rows
        self.phase = phase
        self.images_per_epoch = images_per_epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock, and note the rate: afterwards a schedule gives that of the next epoch's first step."""
        self._begin = time.perf_counter()
        self._rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self._trained: float | None = None

    def on_test_begin(self, logs: Any = None) -> None:
        """Note when training gave way to validation."""
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the row and write the file."""
        now = time.perf_counter()
        values = {
            "epoch": len(self.rows) + 1,
            "phase": self.phase,
            "seconds": round(now - self._begin, 3),
            "images_per_second": round(self.images_per_epoch / ((self._trained or now) - self._begin), 1),
            "learning_rate": self._rate,
        }
        self.rows.append({**values, **{key: float(value) for key, value in (logs or {}).items() if key not in values}})
        write_text(self.run.history, to_csv(self.rows))


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Return rows as CSV; a value that a phase does not have stays empty."""
    columns = list(dict.fromkeys([*FIRST_COLUMNS, *(key for row in rows for key in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_rows(run: Run, count: int) -> list[dict[str, Any]]:
    """Read the first `count` rows of the history; an empty value is one that its phase did not have.

    Raises:
        RequestError: it is missing, changed or damaged, or has fewer rows.
    """
    if not count:
        return []
    fix = how_to_fix(run.checkpoints / "last.npz")  # training cannot go on without its course so far
    rows = read_csv(run.history, fix)
    if len(rows) < count:
        raise damaged(run.history, f"expected {count} epochs, found {len(rows)}", fix)
    return [{key: value for key, value in row.items() if value} for row in rows[:count]]
