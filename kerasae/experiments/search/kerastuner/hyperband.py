"""Hyperband (Li et al., arXiv 1603.06560): many trials of few epochs, of which the best continue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras_tuner

from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle

if TYPE_CHECKING:
    from keras_tuner.engine.trial import Trial


@dataclass(frozen=True, slots=True)
class HyperbandSchedule:
    """The trials of all brackets together.

    Attributes:
        num_trials: all trials.
        num_drawn: trials with new values; the others continue one of these.
        min_epochs: the epochs of the shortest trials.
    """

    num_trials: int
    num_drawn: int
    min_epochs: int


def hyperband_schedule(max_epochs: int, factor: int) -> HyperbandSchedule:
    """Return the schedule for runs of at most `max_epochs`, of which one in `factor` continues after each round."""
    # keras-tuner has no public method for the sizes and epochs of its brackets.
    oracle = keras_tuner.oracles.HyperbandOracle(max_epochs=max_epochs, factor=factor)
    size, epochs, num_rounds = oracle._get_size, oracle._get_epochs, oracle._get_num_rounds  # noqa: SLF001
    brackets = range(oracle._get_num_brackets())  # noqa: SLF001
    return HyperbandSchedule(
        num_trials=sum(size(bracket, index) for bracket in brackets for index in range(num_rounds(bracket))),
        num_drawn=sum(size(bracket, 0) for bracket in brackets),
        min_epochs=min(int(epochs(bracket, 0)) for bracket in brackets),
    )


class _FailureTolerantHyperbandOracle(keras_tuner.oracles.HyperbandOracle):
    """keras-tuner's Hyperband, where a failed trial counts as one of those that do not continue.

    In keras-tuner it costs one of the promotions to the next round.
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial."""
        # As keras-tuner's own method does first; the brackets say which trial continues which.
        self._remove_completed_brackets()
        for bracket in self._brackets:
            number, rounds = bracket["bracket_num"], bracket["rounds"]
            if len(rounds[0]) < self._get_size(number, 0):
                break
            for index in range(1, len(rounds)):
                best = self._trial_to_promote(rounds, number, index)
                if best is not None:
                    rounds[index].append({"past_id": best.trial_id, "id": trial_id})
                    notes = {
                        "tuner/trial_id": best.trial_id,
                        "tuner/epochs": self._get_epochs(number, index),
                        "tuner/initial_epoch": self._get_epochs(number, index - 1),
                        "tuner/bracket": number,
                        "tuner/round": index,
                    }
                    return {"status": "RUNNING", "values": {**best.hyperparameters.values, **notes}}
        response: dict[str, Any] = super().populate_space(trial_id)
        return response

    def _trial_to_promote(self, rounds: list[list[dict[str, Any]]], number: int, index: int) -> Trial | None:
        """Return the best trial of the round before that is sure to continue; None if there is none yet."""
        promoted = {entry["past_id"] for entry in rounds[index]}
        candidates = [self.trials[entry["id"]] for entry in rounds[index - 1] if entry["id"] not in promoted]
        completed = [trial for trial in candidates if trial.status == "COMPLETED"]
        num_failed = sum(trial.status == "FAILED" for trial in candidates)
        num_dropped = self._get_size(number, index - 1) - self._get_size(number, index)
        if not completed or len(completed) + num_failed <= num_dropped:
            return None
        # The first of equal trials, as in keras-tuner.
        sign = -1.0 if self.objective.direction == "max" else 1.0
        return min(completed, key=lambda trial: sign * trial.score)


class HyperbandOracle(ResumableOracle, _FailureTolerantHyperbandOracle):
    """Hyperband over all brackets once."""
