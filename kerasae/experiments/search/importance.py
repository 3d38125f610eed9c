"""The importance of parameters: what a random forest loses when the values of a parameter are shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.experiments.search.axes import Axis

MIN_TRIALS = 8  # below which a forest says nothing
NUM_TREES, NUM_SHUFFLES = 300, 30
INACTIVE = -1.0  # position of a parameter that is not active, apart from [0, 1]


@dataclass(frozen=True, slots=True)
class ParameterImportance:
    """Permutation importance (Breiman 2001) of a random forest that predicts the objective.

    Attributes:
        means: the loss of R² by parameter, mean over shuffles, float (n,).
        deviations: standard deviations over shuffles, float (n,).
        explained: R² on out-of-bag trials; near or below 0 the forest predicts nothing.
    """

    means: np.ndarray
    deviations: np.ndarray
    explained: float


def parameter_importance(axes: Sequence[Axis], scores: np.ndarray) -> ParameterImportance | None:
    """Fit a forest to the trials; None for fewer than `MIN_TRIALS`, or equal scores.

    Args:
        axes: of the parameters, with the positions of n trials.
        scores: the objective, float (n,).
    """
    if len(scores) < MIN_TRIALS or np.ptp(scores) == 0:
        return None
    features = np.array([axis.positions for axis in axes]).T
    features = np.where(np.isfinite(features), features, INACTIVE)
    forest = RandomForestRegressor(NUM_TREES, min_samples_leaf=2, oob_score=True, random_state=0).fit(features, scores)
    result = permutation_importance(forest, features, scores, n_repeats=NUM_SHUFFLES, random_state=0)
    return ParameterImportance(result.importances_mean, result.importances_std, float(forest.oob_score_))
