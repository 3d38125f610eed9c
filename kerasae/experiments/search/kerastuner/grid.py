"""Grid search in an order that survives a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner

from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle

if TYPE_CHECKING:
    from collections.abc import Iterable


class TrialOrder:
    """Trial ids in the order of the grid; has the methods of keras-tuner's linked list, which keeps no order on disk.

    Args:
        ids: of the trials, in order.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self.ids = list(ids)

    def insert(self, data: str, data_pre: str | None = None) -> None:
        """Insert an id behind another one; at the end if there is none."""
        index = len(self.ids) if data_pre is None else self.ids.index(data_pre) + 1
        self.ids.insert(index, data)

    def next(self, data: str) -> str | None:
        """Return the id behind another one; None at the end."""
        index = self.ids.index(data) + 1
        return self.ids[index] if index < len(self.ids) else None


class _ParallelGridOracle(keras_tuner.oracles.GridSearchOracle):
    """keras-tuner's grid, where the next combination may follow from a trial that is still running."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial."""
        response: dict[str, Any] = super().populate_space(trial_id)
        if response["status"] == "RUNNING":
            # keras-tuner queues a trial when it ends, so that workers would wait for each other.
            self._populate_next.append(trial_id)
        return response


class GridOracle(ResumableOracle, _ParallelGridOracle):
    """Every combination in turn; the state includes the order, which keras-tuner's does not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # keras-tuner asks it for a trial's neighbours; its own list cannot be read in order.
        self._ordered_ids = TrialOrder()

    def get_state(self) -> dict[str, Any]:
        """Return the state with the order of the trials, and those from which the next ones follow."""
        return {**super().get_state(), "ordered_ids": self._ordered_ids.ids, "populate_next": self._populate_next}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        super().set_state(state)
        self._ordered_ids = TrialOrder(state["ordered_ids"])
        self._populate_next = list(state["populate_next"])
