"""Statistics of the features of known images that a `Rejection` is fitted to."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.covariance import LedoitWolf

from kerasae.layers.rejection import LOG_FLOOR, NUM_KNOTS

TAIL = 0.1  # share of the known images that the exponential tail is fitted to


def centres_and_whitening(latent: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return class means (classes, d), and W (d, d) with |x W|^2 the squared Mahalanobis distance of a difference x.

    The within-class covariance is shrunk as in Ledoit and Wolf 2004, "A well-conditioned estimator for
    large-dimensional covariance matrices", so that it can be inverted with few images or constant units. If no class
    has two labelled images, it is the covariance of all images.
    """
    latent = np.asarray(latent, np.float64)
    classes = [label for label in np.unique(labels) if label >= 0]
    groups = [latent[labels == label] for label in classes] or [latent]
    centres = np.stack([group.mean(axis=0) for group in groups])
    within = np.concatenate([group - centre for group, centre in zip(groups, centres, strict=True)])
    if len(within) == len(centres):  # one image per class has no spread
        within = latent - latent.mean(axis=0)
    fitted = LedoitWolf(assume_centered=True).fit(within / max(within.std(), 1e-12))
    values, vectors = np.linalg.eigh(fitted.covariance_)
    # The floors keep a constant latent from dividing by zero.
    whitening = vectors / np.sqrt(np.maximum(values, 1e-6)) / max(within.std(), 1e-12)
    return centres, whitening


def expected_error(error: np.ndarray, contrast: np.ndarray) -> tuple[float, float]:
    """Return offset and slope of log error over log contrast: least squares, the offset moved to the median."""
    y, x = (np.log(np.asarray(values, np.float64) + LOG_FLOOR) for values in (error, contrast))
    slope = float(np.polyfit(x, y, 1)[0]) if np.ptp(x) > 1e-6 else 0.0
    return float(np.median(y - slope * x)), slope


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature in [0.05, 20] of least cross-entropy on the labelled images; 1 if there are none."""
    labelled = labels >= 0
    if not labelled.any():
        return 1.0
    rows, truth = np.asarray(logits, np.float64)[labelled], labels[labelled]

    def entropy(log_temperature: float) -> float:
        log_probabilities = log_softmax(rows / math.exp(log_temperature), axis=1)
        return float(-log_probabilities[np.arange(len(truth)), truth].mean())

    return math.exp(minimize_scalar(entropy, bounds=(math.log(0.05), math.log(20.0)), method="bounded").x)


def scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the knots of a measure on known images, -log(tail probability) at each, and the slope after the last."""
    shares = np.linspace(0.0, 1.0 - TAIL, NUM_KNOTS)
    knots = np.quantile(values, shares)
    excess = float(np.mean(np.maximum(values - knots[-1], 0.0))) / TAIL
    spread = max(excess, 1e-3 * float(np.std(values)), 1e-6)
    return knots, -np.log1p(-shares), 1.0 / spread
