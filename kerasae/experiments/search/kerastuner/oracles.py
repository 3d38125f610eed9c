"""The search algorithms of keras-tuner, made resumable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner
import numpy as np

from kerasae.experiments.search.algorithm import DEFAULT_TRIALS
from kerasae.experiments.search.kerastuner.bayesian import BayesianOracle
from kerasae.experiments.search.kerastuner.grid import GridOracle
from kerasae.experiments.search.kerastuner.hyperband import HyperbandOracle
from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle

if TYPE_CHECKING:
    from kerasae.experiments.search.objective import Objective
    from kerasae.experiments.search.space import Space
    from kerasae.recipe import SearchRecipe

MAX_INITIAL_TRIALS = 10  # random trials at the start of a Bayesian search


class RandomOracle(ResumableOracle, keras_tuner.oracles.RandomSearchOracle):
    """Random values, none twice."""


def make_oracle(settings: SearchRecipe, space: Space, objective: Objective, epochs: int) -> ResumableOracle:
    """Return the algorithm of a search, before its first trial.

    Args:
        settings: the recipe's table `search`.
        space: the search space.
        objective: what trials are scored by.
        epochs: the most epochs of one run of a trial.
    """
    options: dict[str, Any] = {
        "space": space,
        "objective": keras_tuner.Objective(objective.name, objective.direction),
        # keras-tuner counts up from the seed with every value, so that neighbouring seeds would draw the same values;
        # it takes 0 for no seed.
        "seed": int(np.random.SeedSequence(settings.seed).generate_state(1)[0]) or 1,
    }
    if settings.algorithm == "hyperband":
        return HyperbandOracle(max_epochs=epochs, factor=settings.factor, **options)
    if settings.algorithm == "bayesian":
        # keras-tuner draws three at random for each parameter, which often is the whole search.
        num_initial = min(MAX_INITIAL_TRIALS, max(3, (settings.max_trials or DEFAULT_TRIALS) // 3))
        return BayesianOracle(max_trials=None, num_initial_points=num_initial, **options)
    kind = {"random": RandomOracle, "grid": GridOracle}[settings.algorithm]
    return kind(max_trials=None, **options)
