"""Callbacks that end the training of a trial: a limit of epochs, and the median rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.runs.history import read_history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kerasae.experiments.search.objective import Objective
    from kerasae.recipe import Pruning
    from kerasae.runs.folder import RunFolder


class Halted(Exception):  # noqa: N818 (not an error: the training can resume from here)
    """The training of a trial ends before its last epoch."""


class Pruned(Halted):
    """The training ends because the trial is worse than most."""


class EpochLimit(keras.callbacks.Callback):
    """Raises `Halted` after a number of epochs over all phases; goes behind the run's checkpoint and history."""

    def __init__(self, run: RunFolder, epochs: int) -> None:
        super().__init__()
        self.run = run
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Count the epochs of the run's history."""
        if len(read_history(self.run.history)) >= self.epochs:
            raise Halted


@dataclass(frozen=True)
class MedianRule:
    """Stops a run whose best value so far is worse than the median of other trials' best values at that epoch.

    As Optuna's MedianPruner (Akiba et al., KDD 2019), but compared with completed trials only.

    Attributes:
        objective: what runs are compared by.
        pruning: the recipe's table `search.prune`.
        epochs: the most epochs of a run; after the last one there is nothing to stop.
        other_curves: returns the learning curves of the same run in other trials, as `Objective.curve`.
    """

    objective: Objective
    pruning: Pruning
    epochs: int
    other_curves: Callable[[], Sequence[np.ndarray]]

    def stops(self, curve: np.ndarray) -> bool:
        """Return whether a run ends after the epochs of `curve`, float (epochs,), NaN for epochs without a value."""
        last = len(curve) - 1
        if not self.pruning.warmup < len(curve) < self.epochs or not np.isfinite(curve[last]):
            return False
        others = self.other_curves()
        if len(others) < self.pruning.startup:
            return False
        reached = [self.objective.running_best(other)[last] for other in others if len(other) > last]
        reached = [value for value in reached if np.isfinite(value)]
        best = float(self.objective.running_best(curve)[last])
        return bool(reached) and self.objective.is_better(float(np.median(reached)), best)


class MedianPruning(keras.callbacks.Callback):
    """Raises `Pruned` by the median rule; goes behind the run's checkpoint and history."""

    def __init__(self, run: RunFolder, rule: MedianRule) -> None:
        super().__init__()
        self.run = run
        self.rule = rule

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Apply the rule to the run's history."""
        if self.rule.stops(self.rule.objective.curve(read_history(self.run.history))):
            raise Pruned
