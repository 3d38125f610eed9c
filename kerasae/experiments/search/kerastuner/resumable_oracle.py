"""What keeps an algorithm of keras-tuner through SIGKILL: whole files, and trials that know how they ended.

What keras-tuner (1.4.8) lacks for that: it writes its JSON in place; a trial that has ended is still ongoing in the
state that is written then; and a trial that was begun, but not yet in the state, keeps its number.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import keras_tuner
from keras_tuner.engine.trial import Trial

from kerasae.experiments.search.outcome import Outcome, damaged, read_state, trial_folder, trial_ids
from kerasae.files.writing import write_text
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.experiments.search.space import Space

FATAL_LOSSES = 2  # of one trial's process, after which it is not tried again


class Kept(keras_tuner.Oracle):
    """What the four oracles share; mixed in before keras-tuner's own.

    Attributes:
        folder: where the search lies.
        limit: the most trials, if there is one.
        max_seconds: after which no trial begins, over all the times that the search was started.
    """

    folder: Path
    limit: int | None
    max_seconds: float | None

    def keep_in(self, folder: Path, limit: int | None, max_seconds: float | None) -> None:
        """Lay the state into a folder, or take it up where it lies there already."""
        self.folder, self.limit, self.max_seconds = folder, limit, max_seconds
        self._set_project_dir(str(folder.parent), folder.name)
        self.verbose = 0
        self.losses: dict[str, int] = {}
        self.exhausted = False
        self._settling = False
        self._spent, self._begun = 0.0, time.monotonic()
        if (folder / "oracle.json").is_file():
            self.reload()
        self._drop_begun()

    @property
    def seconds_spent(self) -> float:
        """How long the search has run, over all the times that it was started."""
        return self._spent + time.monotonic() - self._begun

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial, or that there is none any more.

        While others are at work there may be: a worker that is sent away could not take the trial of a lost one.
        """
        found = {"status": "STOPPED", "values": None}
        if not self.begins_no_more:
            found = super().populate_space(trial_id)
            if found["status"] == "STOPPED":
                self.exhausted = True
                self.save()
        if found["status"] == "STOPPED" and self.ongoing_trials:
            return {"status": "IDLE", "values": None}
        return found

    @property
    def begins_no_more(self) -> bool:
        """Whether no new trial begins: the space is exhausted, there are trials enough, or the time is over."""
        enough = self.limit is not None and len(self.trials) >= self.limit
        late = self.max_seconds is not None and self.seconds_spent >= self.max_seconds
        return self.exhausted or enough or late

    @property
    def wants_workers(self) -> bool:
        """Whether a worker that asks would get a trial, now or later."""
        return not self.begins_no_more or bool(self._retry_queue)

    @property
    def is_over(self) -> bool:
        """Whether no trial begins, is under way or waits."""
        return self.begins_no_more and not self.ongoing_trials and not self._retry_queue

    def settle(self, outcome: Outcome) -> None:
        """Take in what came of a trial."""
        trial = self.trials[outcome.id]
        ended = Trial(trial.hyperparameters, outcome.id, "FAILED" if outcome.score is None else "COMPLETED")
        ended.message = outcome.reason
        trial.metrics = type(trial.metrics)()
        if outcome.score is not None:
            name = self.objective.name
            self.update_trial(outcome.id, {name: outcome.score}, step=outcome.epochs)
        self._settling = True
        self.end_trial(ended)
        self._settling = False
        self.save()

    def give_back(self, tuner_id: str, reason: str) -> Outcome | None:
        """Take the trial of a worker that is gone; another one will get it, unless it has ended too many workers.

        Returns:
            What came of the trial, if it is over all the same.
        """
        trial = self.ongoing_trials.get(tuner_id)
        if trial is None:
            return None
        folder = trial_folder(self.folder, trial.trial_id)
        outcome = Outcome.read(folder)
        if outcome is None:
            self.losses[trial.trial_id] = self.losses.get(trial.trial_id, 0) + 1
            if self.losses[trial.trial_id] >= FATAL_LOSSES:
                times = f"{self.losses[trial.trial_id]} times"
                outcome = Outcome.failed(trial.trial_id, values_of(trial), f"its process was lost {times}: {reason}")
                outcome.write(folder)
        if outcome is not None:
            self.settle(outcome)
            return outcome
        self.ongoing_trials.pop(tuner_id)
        self._retry_queue.append(trial.trial_id)
        self.save()
        return None

    def save(self) -> None:
        """Write the state, whole; not while a trial that has ended is still ongoing in it, to be trained again."""
        if not self._settling:
            write_text(self.folder / "oracle.json", json.dumps(self.get_state()))

    def _save_trial(self, trial: Trial) -> None:
        write_text(trial_folder(self.folder, trial.trial_id) / "trial.json", json.dumps(trial.get_state()))

    def reload(self) -> None:
        """Read the state, and bring it in line with what the trials' own folders say."""
        path = self.folder / "oracle.json"
        state = read_state(path)
        ids = state.get("start_order")
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
            raise damaged(path)
        self.trials: dict[str, Trial] = {id: self._read_trial(id) for id in sorted(ids)}
        try:
            self.set_state(state)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise damaged(path) from None
        waiting = [*self._retry_queue, *(trial.trial_id for trial in self.ongoing_trials.values())]
        self._retry_queue: list[str] = list(dict.fromkeys(waiting))
        self.ongoing_trials: dict[str, Trial] = {}
        for id in [id for id in self.start_order if id not in self.end_order]:
            outcome = Outcome.read(trial_folder(self.folder, id))
            if outcome is not None:
                self._retry_queue.remove(id)
                self.settle(outcome)

    def _read_trial(self, id: str) -> Trial:
        path = trial_folder(self.folder, id) / "trial.json"
        try:
            return Trial.from_state(read_state(path))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise (error if isinstance(error, RequestError) else damaged(path)) from None

    def _drop_begun(self) -> None:
        """Remove trials that were begun, but are not in the state yet, which will draw the same values again."""
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
        own = {"seconds_spent": self.seconds_spent, "losses": self.losses, "exhausted": self.exhausted}
        return {**super().get_state(), **own}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up a state."""
        super().set_state(state)
        self._spent, self.losses, self.exhausted = state["seconds_spent"], dict(state["losses"]), state["exhausted"]


def notes_of(trial: Trial) -> dict[str, Any]:
    """Return what Hyperband notes of a trial."""
    return {name: value for name, value in trial.hyperparameters.values.items() if name.startswith("tuner/")}


def values_of(trial: Trial, space: Space | None = None) -> dict[str, Any]:
    """Return what was drawn for a trial, without what the algorithm notes there; with a space, decoded."""
    drawn = {name: value for name, value in trial.hyperparameters.values.items() if not name.startswith("tuner/")}
    return drawn if space is None else {name: space.named[name].decoded(value) for name, value in drawn.items()}
