"""How much each parameter decides: a forest that foretells the objective, and what shuffling a parameter costs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.experiments.search.axes import Axis

LEAST = 8  # trials, below which a forest says nothing
TREES, SHUFFLES = 300, 30
ABSENT = -1.0  # of a parameter that was not varied, apart from all places


@dataclass(frozen=True)
class Importance:
    """By parameter the loss of R² when its values are shuffled (Breiman 2001), mean and deviation over shufflings.

    `explained` is the forest's R² on trials that the trees had not seen; near or below 0 it knows nothing.
    """

    means: np.ndarray
    deviations: np.ndarray
    explained: float


def importance(axes: Sequence[Axis], scores: np.ndarray) -> Importance | None:
    """Fit a forest to the trials; None where they are too few, or all the same.

    Args:
        axes: of the parameters.
        scores: the objective, float (n,).
    """
    if len(scores) < LEAST or np.ptp(scores) == 0:
        return None
    features = np.array([one.places for one in axes]).T
    features = np.where(np.isfinite(features), features, ABSENT)
    forest = RandomForestRegressor(TREES, min_samples_leaf=2, oob_score=True, random_state=0).fit(features, scores)
    found = permutation_importance(forest, features, scores, n_repeats=SHUFFLES, random_state=0)
    return Importance(found.importances_mean, found.importances_std, float(forest.oob_score_))
