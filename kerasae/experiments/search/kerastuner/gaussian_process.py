"""The Bayesian algorithm: what it believes of the space, and what it tries next."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import keras_tuner
import numpy as np
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keras_tuner.engine.trial import Trial

CANDIDATES = 500  # points anywhere, and as many near the best trials, among which the next one is chosen
BEST, NEARBY = 5, 0.1  # how many trials those are, and the deviation where a parameter's whole range is 1
RESTARTS = 4  # of the fit of the process
TOP = 1.0 - 1e-6  # at 1 keras-tuner gives a whole number beyond the end of its range


class GaussianProcessOracle(keras_tuner.oracles.BayesianOptimizationOracle):
    """keras-tuner's Bayesian oracle with a process of its own, and expected improvement.

    keras-tuner's process takes every result for exact and every parameter for as important, and follows single lucky
    trials into the corners of the space. This one learns from the trials how noisy they are and how far each parameter
    reaches (Snoek et al. 2012, arXiv 1206.2944). What was tried already is passed over.
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial."""
        known = [trial for trial in self.trials.values() if trial.status == "COMPLETED"]
        if len(known) < self.num_initial_points:
            return self._random_populate_space()
        sign = -1.0 if self.objective.direction == "max" else 1.0
        x, y = self._points(known), sign * np.array([trial.score for trial in known])
        best = x[np.argsort(y, kind="stable")[:BEST]]
        if failed := [trial for trial in self.trials.values() if trial.status == "FAILED"]:
            # As bad as the worst, so that what cannot be trained is not tried again and again.
            x, y = np.concatenate([x, self._points(failed)]), np.append(y, np.full(len(failed), y.max()))
        process = fitted_process(x, y, self.seed)
        if self.ongoing_trials:
            # Taken for a little worse than expected, so that other workers' trials are kept away from.
            pending = self._points(self.ongoing_trials.values())
            mean, deviation = process.predict(pending, return_std=True)
            process.fit(np.concatenate([x, pending]), np.concatenate([y, mean + deviation]))
        anywhere = self._random_state.uniform(size=(CANDIDATES, x.shape[1]))
        nearby = np.resize(best, anywhere.shape) + self._random_state.normal(0.0, NEARBY, anywhere.shape)
        # As values and back, since what is whole, chosen or left out by a condition lies on few points.
        candidates = [self._vector_to_values(one) for one in (*anywhere, *np.clip(nearby, 0.0, TOP))]
        gains = expected_improvement(process, x, np.array([self._point(one) for one in candidates]))
        for place in np.argsort(-gains, kind="stable"):
            if not self._duplicate(candidates[place]):
                return {"status": "RUNNING", "values": candidates[place]}
        return self._random_populate_space()

    def _points(self, trials: Iterable[Trial]) -> np.ndarray:
        return np.array([self._point(trial.hyperparameters.values) for trial in trials])

    def _point(self, values: dict[str, Any]) -> list[float]:
        """Return values in the unit cube; what a condition leaves out is at its default."""
        return [_share(one, values.get(one.name, one.default)) for one in self._nonfixed_space()]


def _share(one: Any, value: Any) -> float:
    """Return where a value lies in the range of a parameter, from 0 to 1."""
    if isinstance(one, keras_tuner.engine.hyperparameters.Float) and one.step and one.sampling == "linear":
        # keras-tuner divides without rounding, so that 0.4 and 0.5 of steps of 0.1 would be one point.
        return (round((value - one.min_value) / one.step) + 0.5) / one._get_n_values()  # noqa: SLF001
    return float(one.value_to_prob(value))


def fitted_process(x: np.ndarray, y: np.ndarray, seed: int) -> GaussianProcessRegressor:
    """Return a Gaussian process of what lies behind noisy values `y` (n,) at points `x` (n, d) of the unit cube."""
    smooth = ConstantKernel() * Matern(np.ones(x.shape[1]), (0.1, 20.0), nu=2.5)
    kernel = smooth + WhiteKernel(0.1, (1e-4, 1.0))
    whole = GaussianProcessRegressor(kernel, n_restarts_optimizer=RESTARTS, normalize_y=True, random_state=seed)
    with warnings.catch_warnings():
        # A parameter without influence ends at the longest scale, exact results at the least noise.
        warnings.simplefilter("ignore", ConvergenceWarning)
        learned = whole.fit(x, y).kernel_
    # Once more with the noise apart: the deviation is to be that of the mean, not of one more trial.
    apart = GaussianProcessRegressor(learned.k1, optimizer=None, alpha=learned.k2.noise_level, normalize_y=True)
    return apart.fit(x, y)


def expected_improvement(process: GaussianProcessRegressor, x: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Return how far below the least mean at `x` (n, d) each of `candidates` (m, d) is expected to lie: (m,)."""
    mean, deviation = process.predict(candidates, return_std=True)
    gain = process.predict(x).min() - mean
    z = gain / np.maximum(deviation, 1e-12)
    return gain * norm.cdf(z) + deviation * norm.pdf(z)
