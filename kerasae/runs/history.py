"""The content of history.csv: one row an epoch, over all phases."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.files.reading import damaged, how_to_fix, read_csv
from kerasae.utils.errors import in_a_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kerasae.runs.folder import RunFolder

Row = dict[str, Any]  # column to value: a phase's name, numbers, or strings as they were read
FIRST_COLUMNS = ("epoch", "phase", "seconds", "images_per_second", "learning_rate")


@dataclass(frozen=True)
class History:
    """The values of every epoch.

    Attributes:
        phases: the phase of each epoch.
        columns: by name, float64 (epochs,); NaN where a phase does not have the value.
    """

    phases: list[str]
    columns: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.phases)

    def has(self, name: str) -> bool:
        """Return whether some epoch has a value in this column."""
        return name in self.columns and bool(np.isfinite(self.columns[name]).any())

    @property
    def epochs(self) -> np.ndarray:
        """The number of each epoch, counted from 1 over all phases."""
        return self.columns.get("epoch", np.arange(1.0, len(self) + 1))


def read_history(path: Path) -> History:
    """Read a history.csv; a run without one (its model was made elsewhere) has an empty history.

    Raises:
        RequestError: the file is changed or damaged.
    """
    if not path.exists():
        return History([], {})
    rows = read_csv(path)
    names = [name for name in (rows[0] if rows else {}) if name and name != "phase"]
    try:
        columns = {name: np.array([float(row[name] or "nan") for row in rows]) for name in names}
    except ValueError as error:
        raise damaged(path, in_a_line(error)) from None
    if rows and "phase" not in rows[0]:
        raise damaged(path, "expected a column 'phase'")
    return History([row.get("phase") or "" for row in rows], columns)


def rows_to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV; a value that a phase does not have is empty."""
    columns = list(dict.fromkeys([*FIRST_COLUMNS, *(key for row in rows for key in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_rows(run: RunFolder, count: int) -> list[Row]:
    """Read the first `count` rows of a run's history, without empty values.

    Raises:
        RequestError: the file is missing, changed or damaged, or has fewer rows.
    """
    if not count:
        return []
    fix = how_to_fix(run.last_checkpoint)  # training cannot resume without its history
    rows = read_csv(run.history, fix)
    if len(rows) < count:
        raise damaged(run.history, f"expected {count} epochs, found {len(rows)}", fix)
    return [{key: value for key, value in row.items() if value} for row in rows[:count]]
