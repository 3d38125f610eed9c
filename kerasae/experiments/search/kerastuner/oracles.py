"""keras-tuner's four algorithms, made to go on as if nothing had happened (see `Kept`).

Of theirs, the grid forgets its order and the Bayesian search its random state; and three failed trials in a row end
everything.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import keras_tuner
import numpy as np
from keras_tuner.engine.hyperparameters import Choice, Float, HyperParameter, HyperParameters, Int
from keras_tuner.src.engine.conditions import Parent
from keras_tuner.src.tuners.gridsearch import LinkedList

from kerasae.experiments.search.kerastuner.gaussian_process import GaussianProcessOracle
from kerasae.experiments.search.kerastuner.resumable_oracle import Kept
from kerasae.experiments.search.space import ROUNDING, Parameter, Space

if TYPE_CHECKING:
    from keras_tuner.engine.trial import Trial

    from kerasae.experiments.search.objective import Objective
    from kerasae.recipe import SearchRecipe

TRIALS = 20  # of random and Bayesian searches that name no number
FIRST = 10  # trials that a Bayesian search draws at random
COLLISIONS, MOST_COLLISIONS = 20, 20_000  # draws, for each combination of a finite space, that may come to nothing new


class RandomSearch(Kept, keras_tuner.oracles.RandomSearchOracle):
    """Random values, none twice."""


class _SteadyGrid(keras_tuner.oracles.GridSearchOracle):
    """keras-tuner's grid, which lets a trial follow another one only when that has ended; this one when it begins."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial."""
        found = super().populate_space(trial_id)
        if found["status"] == "RUNNING":
            self._populate_next.append(trial_id)
        return found


class GridSearch(Kept, _SteadyGrid):
    """Every combination in turn, in an order that outlives the process."""

    def get_state(self) -> dict[str, Any]:
        """Return the state with the order of the trials and those that the next ones follow from."""
        order = []
        place = self._ordered_ids._next_index[None]  # noqa: SLF001
        while place is not None:
            order.append(self._ordered_ids._memory[place])  # noqa: SLF001
            place = self._ordered_ids._next_index[place]  # noqa: SLF001
        return {**super().get_state(), "ordered_ids": order, "populate_next": self._populate_next}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up a state."""
        super().set_state(state)
        self._ordered_ids: Any = LinkedList()
        for id in state["ordered_ids"]:
            self._ordered_ids.insert(id)
        self._populate_next = list(state["populate_next"])


class BayesianSearch(Kept, GaussianProcessOracle):
    """A Gaussian process with expected improvement."""

    def get_state(self) -> dict[str, Any]:
        """Return the state with that of the random numbers."""
        kind, keys, *rest = self._random_state.get_state()
        return {**super().get_state(), "random_state": [kind, keys.tolist(), *rest]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up a state."""
        super().set_state(state)
        kind, keys, *rest = state["random_state"]
        self._random_state.set_state((kind, np.array(keys, np.uint32), *rest))


class _FailingHyperband(keras_tuner.oracles.HyperbandOracle):
    """keras-tuner's Hyperband, for which a failed trial costs a promotion; here it is one of those thrown out."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial."""
        self._remove_completed_brackets()
        for bracket in self._brackets:
            number, rounds = bracket["bracket_num"], bracket["rounds"]
            if len(rounds[0]) < self._get_size(number, 0):
                break
            for place in range(1, len(rounds)):
                best = self._to_promote(rounds, number, place)
                if best is not None:
                    rounds[place].append({"past_id": best.trial_id, "id": trial_id})
                    notes = {
                        "tuner/trial_id": best.trial_id,
                        "tuner/epochs": self._get_epochs(number, place),
                        "tuner/initial_epoch": self._get_epochs(number, place - 1),
                        "tuner/bracket": number,
                        "tuner/round": place,
                    }
                    return {"status": "RUNNING", "values": {**best.hyperparameters.values, **notes}}
        return super().populate_space(trial_id)

    def _to_promote(self, rounds: list[list[dict[str, Any]]], number: int, place: int) -> Trial | None:
        """Return the best trial of the round before that is sure to go on, if there is one."""
        gone_on = {one["past_id"] for one in rounds[place]}
        before = [self.trials[one["id"]] for one in rounds[place - 1] if one["id"] not in gone_on]
        ready = [trial for trial in before if trial.status == "COMPLETED"]
        failed = sum(trial.status == "FAILED" for trial in before)
        surplus = self._get_size(number, place - 1) - self._get_size(number, place)
        if not ready or len(ready) + failed <= surplus:
            return None
        # The first of equals, as in keras-tuner.
        sign = -1.0 if self.objective.direction == "max" else 1.0
        return min(ready, key=lambda trial: sign * trial.score)


class Hyperband(Kept, _FailingHyperband):
    """Many trials of few epochs, the best of which go on (Li et al., arXiv 1603.06560)."""

    @property
    def least_epochs(self) -> int:
        """How many epochs the shortest trials train."""
        return min(int(self._get_epochs(bracket, 0)) for bracket in range(self._get_num_brackets()))

    @property
    def num_drawn(self) -> int:
        """How many trials are drawn anew, each with other values."""
        return sum(self._get_size(bracket, 0) for bracket in range(self._get_num_brackets()))

    @property
    def total(self) -> int:
        """How many trials all brackets have together."""
        return sum(
            self._get_size(bracket, place)
            for bracket in range(self._get_num_brackets())
            for place in range(self._get_num_rounds(bracket))
        )


Oracle = RandomSearch | GridSearch | BayesianSearch | Hyperband


def make_oracle(search: SearchRecipe, space: Space, objective: Objective, epochs: int) -> Oracle:
    """Return the algorithm of a search, with nothing tried yet.

    Args:
        search: the recipe's table.
        epochs: the most that a trial trains.
    """
    common: dict[str, Any] = {
        "objective": keras_tuner.Objective(objective.name, objective.direction),
        "hyperparameters": hyperparameters(space),
        # keras-tuner counts on from it with every value, so that neighbours would draw the same ones; 0 is none.
        "seed": int(np.random.SeedSequence(search.seed).generate_state(1)[0]) or 1,
        "max_consecutive_failed_trials": sys.maxsize,
    }
    oracle: Oracle
    if search.algorithm == "hyperband":
        oracle = Hyperband(max_epochs=epochs, factor=search.factor, **common)
    elif search.algorithm == "bayesian":
        # keras-tuner begins with three for each parameter, which often is the whole search.
        first = min(FIRST, max(3, (search.max_trials or TRIALS) // 3))
        oracle = BayesianSearch(max_trials=None, num_initial_points=first, **common)
    else:
        kinds: dict[str, Any] = {"random": RandomSearch, "grid": GridSearch}
        oracle = kinds[search.algorithm](max_trials=None, **common)
    if (size := space.size) is not None:  # after 20 draws of what was tried keras-tuner takes a space for exhausted
        oracle._max_collisions = min(max(20, COLLISIONS * size), MOST_COLLISIONS)  # noqa: SLF001
    return oracle


def hyperparameters(space: Space) -> HyperParameters:
    """Return a space as keras-tuner has it."""
    found = HyperParameters()
    # Made with their conditions: in keras-tuner's nested scopes a parameter could depend on one chain of others alone.
    found.merge([_declared(parameter, space) for parameter in space.parameters])
    return found


def _declared(parameter: Parameter, space: Space) -> HyperParameter:
    conditions = []
    for name, values in parameter.conditions:
        parent = space.named[name]
        labels = [parent.labels[parent.choices.index(one)] if parent.choices else one for one in values]
        conditions.append(Parent(name, labels))
    if parameter.kind == "choice":
        return Choice(parameter.name, parameter.labels, conditions=conditions)
    kind = Int if parameter.kind == "int" else Float
    # keras-tuner leaves out an end that linear steps reach but for a rounding.
    stepped = parameter.kind == "float" and parameter.step and not parameter.log
    slack = ROUNDING * (parameter.step or 0) if stepped else 0
    sampling = "log" if parameter.log else "linear"
    high = parameter.high + slack
    return kind(parameter.name, parameter.low, high, parameter.step, sampling, conditions=conditions)
