"""A Gaussian process of noisy scores over the unit cube, and expected improvement."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

NUM_RESTARTS = 4  # of the optimizer of the kernel


def fit_process(x: np.ndarray, y: np.ndarray, seed: int) -> GaussianProcessRegressor:
    """Fit a Gaussian process to noisy scores; it predicts the mean score, without the noise.

    The kernel is a Matern kernel (nu 2.5) with a length scale for each parameter, and white noise.

    Args:
        x: points of the unit cube, float (n, d).
        y: their scores, float (n,).
        seed: of the restarts of the optimizer.
    """
    smooth = ConstantKernel() * Matern(np.ones(x.shape[1]), (0.1, 20.0), nu=2.5)
    kernel = smooth + WhiteKernel(0.1, (1e-4, 1.0))
    noisy = GaussianProcessRegressor(kernel, n_restarts_optimizer=NUM_RESTARTS, normalize_y=True, random_state=seed)
    with warnings.catch_warnings():
        # A parameter without influence gets the longest length scale, exact scores the least noise.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = noisy.fit(x, y).kernel_
    # With the noise as alpha, predicted deviations are those of the mean rather than of one more trial.
    process = GaussianProcessRegressor(fitted.k1, optimizer=None, alpha=fitted.k2.noise_level, normalize_y=True)
    return process.fit(x, y)


def expected_improvement(process: GaussianProcessRegressor, x: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Return the expected improvement over the least predicted mean, to be minimized.

    Args:
        process: a fitted process.
        x: points of the finished trials, float (n, d).
        candidates: points to try, float (m, d).

    Returns:
        float (m,), at least 0.
    """
    mean, deviation = process.predict(candidates, return_std=True)
    gain = process.predict(x).min() - mean
    z = gain / np.maximum(deviation, 1e-12)
    return gain * norm.cdf(z) + deviation * norm.pdf(z)
