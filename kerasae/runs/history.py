"""The course of training, as history.csv keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kerasae.files.reading import damaged, read_csv
from kerasae.utils.errors import in_a_line

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class History:
    """One row an epoch; `columns` hold float64 (epochs,), NaN where a phase has no such value."""

    phases: list[str]
    columns: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.phases)

    def has(self, name: str) -> bool:
        """Tell whether some epoch has a value in this column."""
        return name in self.columns and bool(np.isfinite(self.columns[name]).any())

    @property
    def epochs(self) -> np.ndarray:
        """The number of each epoch, from 1, over all phases."""
        return self.columns.get("epoch", np.arange(1.0, len(self) + 1))


def read_history(path: Path) -> History:
    """Read a history.csv; a run without one (a model made elsewhere) has an empty history.

    Raises:
        RequestError: it is changed or damaged.
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
