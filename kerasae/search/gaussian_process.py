"""The Bayesian algorithm: what it believes of the space, and what it tries next."""

from __future__ import annotations

import warnings
from typing import Any

import keras_tuner
import numpy as np
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

CANDIDATES = 500  # points anywhere, and as many near the best trials, among which the next one is chosen
BEST, NEARBY = 5, 0.1  # how many trials those are, and the deviation where a parameter's whole range is 1
RESTARTS = 4  # of the fit of the process


class GaussianProcessOracle(keras_tuner.oracles.BayesianOptimizationOracle):
    """keras-tuner's Bayesian oracle with a process of its own, and expected improvement.

    keras-tuner's process takes every result for exact and every parameter for as important, and follows single lucky
    trials into the corners of the space. This one learns from the trials how noisy they are and how far each parameter
    reaches (Snoek et al. 2012, arXiv 1206.2944). What it proposes a second time is drawn at random instead.
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a new trial."""
        if sum(trial.status == "COMPLETED" for trial in self.trials.values()) < self.num_initial_points:
            return self._random_populate_space()
        x, y = self._vectorize_trials()
        self.gpr = fitted_process(x, y, self.seed)
        anywhere = self._random_state.uniform(size=(CANDIDATES, x.shape[1]))
        best = x[np.argsort(y, kind="stable")[:BEST]]
        nearby = np.resize(best, anywhere.shape) + self._random_state.normal(0.0, NEARBY, anywhere.shape)
        # As values and back, since what is whole, chosen or left out by a condition lies on few points.
        candidates = [self._vector_to_values(one) for one in (*anywhere, *np.clip(nearby, 0.0, 1.0))]
        gains = expected_improvement(self.gpr, x, np.array([self._vector(one) for one in candidates]))
        values = candidates[int(np.argmax(gains))]
        return self._random_populate_space() if self._duplicate(values) else {"status": "RUNNING", "values": values}

    def _vector(self, values: dict[str, Any]) -> list[float]:
        return [one.value_to_prob(values.get(one.name, one.default)) for one in self._nonfixed_space()]


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
