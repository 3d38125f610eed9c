"""What a search needs of its algorithm; `kerastuner` implements it with the oracles of keras-tuner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.experiments.search.parameters import ParameterValues
    from kerasae.experiments.search.results import TrialResult

DEFAULT_TRIALS = 20  # of random and Bayesian searches without max_trials


@dataclass(frozen=True)
class TrialSpec:
    """A trial to run.

    Attributes:
        id: its number.
        values: the drawn value of each parameter.
        max_epochs: the epochs to train to; None for all epochs of the recipe. Only Hyperband sets it.
        continues: the trial whose checkpoint this one continues from. Only Hyperband sets it.
    """

    id: str
    values: ParameterValues
    max_epochs: int | None = None
    continues: str | None = None


class SearchAlgorithm(Protocol):
    """Draws trials and learns from their results; its state is on disk after every call."""

    def open(self, folder: Path, max_trials: int | None, max_seconds: float | None) -> None:
        """Keep the state in a search's folder, and resume from the state that is there.

        Args:
            folder: of the search.
            max_trials: the most trials; None for no limit.
            max_seconds: no trial begins after this time, which counts over all processes of the search.

        Raises:
            RequestError: a file of the state is damaged, or the folder holds trials of another search.
        """

    def next_trial(self, worker: str) -> TrialSpec | None:
        """Return the trial that a worker is to run; None if there is none for it now."""

    def settle(self, result: TrialResult) -> None:
        """Learn from the result of a trial."""

    @property
    def running_trials(self) -> list[str]:
        """The ids of the trials that workers are running, sorted."""

    @property
    def seconds_spent(self) -> float:
        """The time that the search has run, over all its processes."""

    @property
    def wants_workers(self) -> bool:
        """Whether a worker that asks would get a trial, now or later."""

    @property
    def is_over(self) -> bool:
        """Whether no trial begins any more and none is running."""
