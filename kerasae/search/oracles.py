"""keras-tuner's four algorithms, made to go on as if nothing had happened (see `Kept`).

Of theirs, the grid forgets its order and the Bayesian search its random state; and three failed trials in a row end
everything.
"""

from __future__ import annotations

import sys
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.hyperparameters import HyperParameters
from keras_tuner.src.tuners.gridsearch import LinkedList

from kerasae.recipe import SearchRecipe
from kerasae.search.gaussian_process import GaussianProcessOracle
from kerasae.search.kept import Kept
from kerasae.search.objective import Objective
from kerasae.search.space import ROUNDING, Parameter, Space

TRIALS = 20  # of random and Bayesian searches that name no number
FIRST = 10  # trials that a Bayesian search draws at random


class RandomSearch(Kept, keras_tuner.oracles.RandomSearchOracle):
    """Random values, none twice."""


class GridSearch(Kept, keras_tuner.oracles.GridSearchOracle):
    """Every combination in turn, in an order that outlives the process."""

    def get_state(self) -> dict[str, Any]:
        """Return the state with the order of the trials and those that the next ones follow from."""
        order = []
        place = self._ordered_ids._next_index[None]
        while place is not None:
            order.append(self._ordered_ids._memory[place])
            place = self._ordered_ids._next_index[place]
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


class Hyperband(Kept, keras_tuner.oracles.HyperbandOracle):
    """Many trials of few epochs, the best of which go on (Li et al., arXiv 1603.06560)."""

    @property
    def least_epochs(self) -> int:
        """How many epochs the shortest trials train."""
        return min(int(self._get_epochs(bracket, 0)) for bracket in range(self._get_num_brackets()))

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
        "seed": search.seed + 1,  # keras-tuner takes 0 for none
        "max_consecutive_failed_trials": sys.maxsize,
    }
    if search.algorithm == "hyperband":
        return Hyperband(max_epochs=epochs, factor=search.factor, **common)
    if search.algorithm == "bayesian":
        # keras-tuner begins with three for each parameter, which often is the whole search.
        first = min(FIRST, max(3, (search.max_trials or TRIALS) // 3))
        return BayesianSearch(max_trials=None, num_initial_points=first, **common)
    kinds: dict[str, Any] = {"random": RandomSearch, "grid": GridSearch}
    return kinds[search.algorithm](max_trials=None, **common)


def hyperparameters(space: Space) -> HyperParameters:
    """Return a space as keras-tuner has it."""
    found = HyperParameters()
    for parameter in space.parameters:
        _declare(found, parameter, list(parameter.conditions), space)
    return found


def _declare(found: HyperParameters, parameter: Parameter, conditions: list[tuple[str, Any]], space: Space) -> None:
    if conditions:
        (name, values), *rest = conditions
        parent = space.named[name]
        labels = [parent.labels[parent.choices.index(one)] if parent.choices else one for one in values]
        with found.conditional_scope(name, labels):
            _declare(found, parameter, rest, space)
    elif parameter.kind == "choice":
        found.Choice(parameter.name, parameter.labels)
    else:
        kind = found.Int if parameter.kind == "int" else found.Float
        # keras-tuner leaves out an end that the steps reach but for a rounding.
        slack = ROUNDING * parameter.step if parameter.kind == "float" and parameter.step else 0
        sampling = "log" if parameter.log else "linear"
        kind(parameter.name, parameter.low, parameter.high + slack, parameter.step, sampling)
