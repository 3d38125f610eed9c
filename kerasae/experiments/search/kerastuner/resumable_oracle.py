"""Crash-safe keras-tuner oracles: files are written whole, and a trial is settled by its own result file.

keras-tuner 1.4.8 writes its JSON in place; when a trial ends, the state that it writes still lists the trial as
ongoing; and a trial that was created, but is not in the state yet, keeps its number.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import keras_tuner
from keras_tuner.engine.trial import Trial

from kerasae.experiments.search.kerastuner.hyperparameters import drawn_values, hyperparameters
from kerasae.experiments.search.kerastuner.trials import read_state, read_trial, trial_spec
from kerasae.experiments.search.results import RESTORE, TrialResult, trial_folder, trial_ids
from kerasae.files.reading import damaged
from kerasae.files.writing import write_text
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.experiments.search.algorithm import TrialSpec
    from kerasae.experiments.search.space import Space

FATAL_LOSSES = 2  # lost processes of one trial, after which it is failed
# Draws for each combination of a finite space, and in all, that may repeat an earlier trial.
COLLISIONS_PER_COMBINATION, MIN_COLLISIONS, MAX_COLLISIONS = 20, 20, 20_000


class ResumableOracle(keras_tuner.Oracle):
    """A mixin before one of keras-tuner's oracles; implements `SearchAlgorithm`.

    Args:
        space: the search space.
        options: keyword arguments of keras-tuner's oracle.

    Attributes:
        folder: of the search.
        trial_limit: the most trials; None for no limit.
        max_seconds: no trial begins after this time, which counts over all processes of the search.
        losses: by trial, how many processes were lost that ran it.
        is_exhausted: whether the space has no new values.
    """

    folder: Path
    trial_limit: int | None
    max_seconds: float | None

    def __init__(self, *, space: Space, **options: Any) -> None:
        # A trial that fails must not end the search, as three in a row do in keras-tuner.
        super().__init__(hyperparameters=hyperparameters(space), max_consecutive_failed_trials=sys.maxsize, **options)
        self.space = space
        if (size := space.size) is not None:
            # keras-tuner takes a space for exhausted after 20 draws of known values; the last ones need more.
            allowed = max(MIN_COLLISIONS, COLLISIONS_PER_COMBINATION * size)
            self._max_collisions = min(allowed, MAX_COLLISIONS)

    def open(self, folder: Path, max_trials: int | None, max_seconds: float | None) -> None:
        """Keep the state in a folder, and resume from the state that is there; see `SearchAlgorithm`."""
        self.folder, self.trial_limit, self.max_seconds = folder, max_trials, max_seconds
        self.verbose = 0
        self.losses: dict[str, int] = {}
        self.is_exhausted = False
        self._is_settling = False
        self._seconds_before, self._opened_at = 0.0, time.monotonic()
        if (folder / "oracle.json").is_file():
            self.reload()
        self._remove_unrecorded_trials()

    def next_trial(self, worker: str) -> TrialSpec | None:
        """Return the trial that a worker is to run; None if there is none for it now."""
        trial = self.create_trial(worker)
        return trial_spec(trial, self.space) if trial.status == "RUNNING" else None

    @property
    def running_trials(self) -> list[str]:
        """The ids of the trials that workers are running, sorted."""
        return sorted(trial.trial_id for trial in list(self.ongoing_trials.values()))

    @property
    def seconds_spent(self) -> float:
        """The time that the search has run, over all its processes."""
        return self._seconds_before + time.monotonic() - self._opened_at

    @property
    def begins_no_more(self) -> bool:
        """Whether no new trial begins: the space is exhausted, or the limit of trials or of time is reached."""
        is_enough = self.trial_limit is not None and len(self.trials) >= self.trial_limit
        is_late = self.max_seconds is not None and self.seconds_spent >= self.max_seconds
        return self.is_exhausted or is_enough or is_late

    @property
    def wants_workers(self) -> bool:
        """Whether a worker that asks would get a trial, now or later."""
        return not self.begins_no_more or bool(self._retry_queue)

    @property
    def is_over(self) -> bool:
        """Whether no trial begins any more, none is running and none waits for another worker."""
        return self.begins_no_more and not self.ongoing_trials and not self._retry_queue

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial, or that there is none any more.

        While trials are running the answer is "IDLE" rather than "STOPPED": a worker that has left could not take the
        trial of a lost one.
        """
        response = {"status": "STOPPED", "values": None}
        if not self.begins_no_more:
            response = super().populate_space(trial_id)
            if response["status"] == "STOPPED":
                self.is_exhausted = True
                self.save()
        if response["status"] == "STOPPED" and self.ongoing_trials:
            return {"status": "IDLE", "values": None}
        return response

    def settle(self, result: TrialResult) -> None:
        """Learn from the result of a trial."""
        trial = self.trials[result.id]
        ended = Trial(trial.hyperparameters, result.id, "FAILED" if result.score is None else "COMPLETED")
        ended.message = result.reason
        trial.metrics = type(trial.metrics)()
        if result.score is not None:
            self.update_trial(result.id, {self.objective.name: result.score}, step=result.epochs)
        self._is_settling = True
        self.end_trial(ended)
        self._is_settling = False
        self.save()

    def give_back(self, worker: str, reason: str) -> TrialResult | None:
        """Take the trial of a lost worker; another one gets it, unless `FATAL_LOSSES` processes were lost with it.

        Returns:
            The result of the trial if it is finished, or has failed now.
        """
        trial = self.ongoing_trials.get(worker)
        if trial is None:
            return None
        folder = trial_folder(self.folder, trial.trial_id)
        result = TrialResult.read(folder)
        if result is None:
            self.losses[trial.trial_id] = self.losses.get(trial.trial_id, 0) + 1
            if self.losses[trial.trial_id] >= FATAL_LOSSES:
                times = f"{self.losses[trial.trial_id]} times"
                result = TrialResult.failed(
                    trial.trial_id, drawn_values(trial), f"its process was lost {times}: {reason}"
                )
                result.write(folder)
        if result is not None:
            self.settle(result)
            return result
        self.ongoing_trials.pop(worker)
        self._retry_queue.append(trial.trial_id)
        self.save()
        return None

    def save(self) -> None:
        """Write the state; not while a trial that ends is still ongoing in it, since it would be trained again."""
        if not self._is_settling:
            write_text(self.folder / "oracle.json", json.dumps(self.get_state()))

    def _save_trial(self, trial: Trial) -> None:
        # keras-tuner's own method writes in place.
        write_text(trial_folder(self.folder, trial.trial_id) / "trial.json", json.dumps(trial.get_state()))

    def reload(self) -> None:
        """Read the state, and settle trials whose results the state does not know yet.

        Raises:
            RequestError: a file is missing or damaged.
        """
        path = self.folder / "oracle.json"
        state = read_state(path)
        ids = state.get("start_order")
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
            raise damaged(path, "expected the trials in 'start_order'", RESTORE)
        self.trials: dict[str, Trial] = {id: read_trial(trial_folder(self.folder, id)) for id in sorted(ids)}
        try:
            self.set_state(state)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise damaged(path, f"expected the state of the search ({error!r})", RESTORE) from None
        # Trials that were running when the process ended go to the next workers.
        waiting = [*self._retry_queue, *(trial.trial_id for trial in self.ongoing_trials.values())]
        self._retry_queue: list[str] = list(dict.fromkeys(waiting))
        self.ongoing_trials: dict[str, Trial] = {}
        for id in [id for id in self.start_order if id not in self.end_order]:
            result = TrialResult.read(trial_folder(self.folder, id))
            if result is not None:
                self._retry_queue.remove(id)
                self.settle(result)

    def _remove_unrecorded_trials(self) -> None:
        """Remove trials that were created, but are not in the state yet; the same values will be drawn again."""
        for id in sorted({*trial_ids(self.folder)} - {*self.start_order}):
            folder = trial_folder(self.folder, id)
            others = sorted(path.name for path in folder.iterdir() if path.name != "trial.json")
            if others:
                raise RequestError(
                    "tune",
                    expected=f"trials of this search alone in {self.folder}",
                    received=f"{folder.name}, which it did not begin, with {others[0]}",
                    fix="move it out of there",
                )
            (folder / "trial.json").unlink(missing_ok=True)
            folder.rmdir()

    def get_state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        state = {"seconds_spent": self.seconds_spent, "losses": self.losses, "exhausted": self.is_exhausted}
        return {**super().get_state(), **state}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        super().set_state(state)
        self._seconds_before = state["seconds_spent"]
        self.losses, self.is_exhausted = dict(state["losses"]), state["exhausted"]
