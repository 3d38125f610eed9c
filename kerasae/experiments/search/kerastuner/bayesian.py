"""Bayesian search: a Gaussian process over the finished trials, and expected improvement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras_tuner
import numpy as np

from kerasae.experiments.search.kerastuner.gaussian_process import expected_improvement, fit_process
from kerasae.experiments.search.kerastuner.hyperparameters import from_unit_cube, to_unit_cube
from kerasae.experiments.search.kerastuner.resumable_oracle import ResumableOracle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keras_tuner.engine.trial import Trial

NUM_CANDIDATES = 500  # uniform points, and as many near the best trials, among which the next one is chosen
NUM_BEST, NEARBY = 5, 0.1  # how many best trials, and the standard deviation around them in the unit cube
UPPER_BOUND = 1.0 - 1e-6  # of the unit cube: at 1 keras-tuner returns an integer beyond the end of its range


class _GaussianProcessOracle(keras_tuner.oracles.BayesianOptimizationOracle):
    """keras-tuner's Bayesian oracle with another Gaussian process, and expected improvement.

    keras-tuner's process assumes exact results and parameters of equal influence, and follows single lucky trials into
    the corners of the space. This process learns the noise of the trials and a length scale for each parameter (Snoek
    et al. 2012, arXiv 1206.2944). Values that were tried already are skipped.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.random = np.random.RandomState(self.seed)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial."""
        completed = [trial for trial in self.trials.values() if trial.status == "COMPLETED"]
        if len(completed) < self.num_initial_points:
            return self._random_response()
        sign = -1.0 if self.objective.direction == "max" else 1.0
        x, y = self._points(completed), sign * np.array([trial.score for trial in completed])
        best = x[np.argsort(y, kind="stable")[:NUM_BEST]]
        if failed := [trial for trial in self.trials.values() if trial.status == "FAILED"]:
            # As bad as the worst completed trial, so that values which fail are not tried again and again.
            x, y = np.concatenate([x, self._points(failed)]), np.append(y, np.full(len(failed), y.max()))
        process = fit_process(x, y, self.seed)
        if self.ongoing_trials:
            # Pessimistic scores for running trials keep other workers away from them.
            pending = self._points(self.ongoing_trials.values())
            mean, deviation = process.predict(pending, return_std=True)
            process.fit(np.concatenate([x, pending]), np.concatenate([y, mean + deviation]))
        candidates = self._candidates(best)
        points = np.array([to_unit_cube(self.hyperparameters, values) for values in candidates])
        gains = expected_improvement(process, x, points)
        tried = [trial.hyperparameters.values for trial in self.trials.values()]
        for index in np.argsort(-gains, kind="stable"):
            if candidates[index] not in tried:
                return {"status": "RUNNING", "values": candidates[index]}
        return self._random_response()

    def _candidates(self, best: np.ndarray) -> list[dict[str, Any]]:
        """Return values at random points of the unit cube, and near the `best` points, float (n, d)."""
        uniform = self.random.uniform(size=(NUM_CANDIDATES, best.shape[1]))
        nearby = np.resize(best, uniform.shape) + self.random.normal(0.0, NEARBY, uniform.shape)
        points = (*uniform, *np.clip(nearby, 0.0, UPPER_BOUND))
        return [from_unit_cube(self.hyperparameters, point) for point in points]

    def _points(self, trials: Iterable[Trial]) -> np.ndarray:
        return np.array([to_unit_cube(self.hyperparameters, trial.hyperparameters.values) for trial in trials])

    def _random_response(self) -> dict[str, Any]:
        # keras-tuner has no public method for values that were not tried yet.
        response: dict[str, Any] = self._random_populate_space()
        return response


class BayesianOracle(ResumableOracle, _GaussianProcessOracle):
    """Bayesian search; the state includes that of the random numbers, which keras-tuner's does not."""

    def get_state(self) -> dict[str, Any]:
        """Return the state with that of the random numbers."""
        random_state: Any = self.random.get_state()
        kind, keys, *rest = random_state
        return {**super().get_state(), "random_state": [kind, keys.tolist(), *rest]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        super().set_state(state)
        kind, keys, *rest = state["random_state"]
        self.random.set_state((kind, np.array(keys, np.uint32), *rest))
