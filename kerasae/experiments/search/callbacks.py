"""What watches a trial's training: the end of its epochs, and the median rule."""

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
    from kerasae.runs.run import Run


class Halted(Exception):  # noqa: N818 (no error: the training can go on from here)
    """A trial trains no further."""


class Pruned(Halted):
    """A trial is stopped, being worse than most."""


class EpochLimit(keras.callbacks.Callback):
    """Halts a run once it has trained so many epochs, over all its phases; must come after its checkpoint."""

    def __init__(self, run: Run, epochs: int) -> None:
        super().__init__()
        self.run = run
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look how many there are."""
        if len(read_history(self.run.history)) >= self.epochs:
            raise Halted


@dataclass(frozen=True)
class MedianRule:
    """Whether a run's best value so far is worse than the median of the others' best values at that epoch.

    As Optuna's MedianPruner has it (Akiba et al., KDD 2019); only trials that were trained to their end are compared
    with.

    Attributes:
        epochs: the most that a run trains; after the last one nothing is left to stop.
        others: gives the courses of the other trials' same run, as `Outcome` has them.
    """

    objective: Objective
    pruning: Pruning
    epochs: int
    others: Callable[[], Sequence[np.ndarray]]

    def stops(self, course: np.ndarray) -> bool:
        """Tell whether a run ends after the epochs of `course`, float (epochs,), NaN where an epoch has no value."""
        place = len(course) - 1
        if not self.pruning.warmup < len(course) < self.epochs or not np.isfinite(course[place]):
            return False
        others = self.others()
        if len(others) < self.pruning.startup:
            return False
        reached = [self.objective.running_best(other)[place] for other in others if len(other) > place]
        reached = [value for value in reached if np.isfinite(value)]
        best = float(self.objective.running_best(course)[place])
        return bool(reached) and self.objective.better(float(np.median(reached)), best)


class MedianPruning(keras.callbacks.Callback):
    """Ends a run by the median rule; must come after its checkpoint and its history."""

    def __init__(self, run: Run, rule: MedianRule) -> None:
        super().__init__()
        self.run = run
        self.rule = rule

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Compare."""
        if self.rule.stops(self.rule.objective.course(read_history(self.run.history))):
            raise Pruned
