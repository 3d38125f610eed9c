"""A `Rejection` fitted to the features of known pictures."""

from __future__ import annotations

import math

import numpy as np
from keras import ops
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.covariance import LedoitWolf

from kerasae.errors import RequestError
from kerasae.layers.rejection import LOG_FLOOR, NUM_KNOTS, Rejection
from kerasae.models.guarded import Features, chosen

TAIL = 0.1  # share of the known pictures that the exponential tail is fitted to
MOST_REFERENCES = 10_000  # training pictures that centres and covariance are taken from; more change little


def needed(false_positive_rate: float) -> int:
    """Return how many known pictures a threshold for this rate takes; with fewer, no score is high enough for it."""
    return math.ceil((1 - false_positive_rate) / false_positive_rate - 1e-9)


def too_few(false_positive_rate: float, count: int) -> RequestError:
    """Return the error that says how many known pictures are needed."""
    return RequestError(
        f"rejection.false_positive_rate: {false_positive_rate:g} takes {needed(false_positive_rate):,} validation "
        f"pictures or more. Received: {count:,}; train with data.validation larger or the rate higher"
    )


def fit(
    reference: Features, reference_labels: np.ndarray, known: Features, labels: np.ndarray, false_positive_rate: float
) -> Rejection:
    """Fit a rejection to the features of known pictures.

    Args:
        reference: `latent` of pictures that centres and covariance are taken from, (n, latent_dim).
        reference_labels: int (n,), -1 where there is none; a centre a class, or one for all without labels.
        known: `latent`, and where the model has them `ERROR` and `logits`, of known pictures that it was not
            trained on: the temperature, each part's scale and the threshold come from these alone.
        labels: int (m,), their classes, -1 where there is none.
        false_positive_rate: the expected share of known pictures that are rejected; the threshold is the score of rank
            ceil((m + 1) (1 - rate)), which keeps it whatever the distribution (split conformal prediction).

    Raises:
        RequestError: too few known pictures for the rate.
    """
    count = len(labels)
    if not 0 < false_positive_rate < 1:
        raise RequestError(f"false_positive_rate: expected a number between 0 and 1. Received: {false_positive_rate}")
    if count < needed(false_positive_rate):
        raise too_few(false_positive_rate, count)
    centres, whitening = centres_and_whitening(reference["latent"], reference_labels)
    parts = [part for part, name in (("reconstruction", "error"), ("label", "logits")) if name in known]
    classes = known["logits"].shape[1] if "logits" in known else 0
    rejection = Rejection([*parts, "latent"], centres.shape[1], len(centres), classes)
    rejection.centres.assign(centres)
    rejection.whitening.assign(whitening)
    if "reconstruction" in rejection.parts:
        for measure, name in rejection.errors.items():
            rejection.expected[measure].assign(expected_error(known[name], known["contrast"]))
    if "label" in rejection.parts:
        rejection.temperature.assign(temperature(known["logits"], labels))
    features = chosen(known, rejection)
    for part, values in rejection.raw(features).items():
        knots, levels, tail = scale(np.asarray(ops.convert_to_numpy(values), np.float64))
        rejection.knots[part].assign(knots)
        rejection.levels[part].assign(levels)
        rejection.tails[part].assign(tail)
    scores = np.sort(ops.convert_to_numpy(rejection(features)["anomaly_score"]))
    rank = math.ceil((count + 1) * (1 - false_positive_rate) - 1e-9)
    rejection.threshold.assign(scores[min(rank, count) - 1])
    return rejection


def centres_and_whitening(latent: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return class means (classes, d), and W (d, d) with |x W|^2 the squared Mahalanobis distance of a difference x.

    The covariance within classes is shrunk as by Ledoit and Wolf 2004, "A well-conditioned estimator for
    large-dimensional covariance matrices", so that it has an inverse with few pictures and with units that never vary.
    """
    latent = np.asarray(latent, np.float64)
    classes = [one for one in np.unique(labels) if one >= 0]
    groups = [latent[labels == one] for one in classes] or [latent]
    centres = np.stack([group.mean(axis=0) for group in groups])
    within = np.concatenate([group - centre for group, centre in zip(groups, centres, strict=True)])
    fitted = LedoitWolf(assume_centered=True).fit(within / max(within.std(), 1e-12))
    values, vectors = np.linalg.eigh(fitted.covariance_)
    # A latent that is the same for all pictures leaves nothing to divide by.
    whitening = vectors / np.sqrt(np.maximum(values, 1e-6)) / max(within.std(), 1e-12)
    return centres, whitening


def expected_error(error: np.ndarray, contrast: np.ndarray) -> tuple[float, float]:
    """Return offset and slope of log error over log contrast: least squares, the offset moved to the median."""
    y, x = (np.log(np.asarray(values, np.float64) + LOG_FLOOR) for values in (error, contrast))
    slope = float(np.polyfit(x, y, 1)[0]) if np.ptp(x) > 1e-6 else 0.0
    return float(np.median(y - slope * x)), slope


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature with the least cross-entropy on labelled pictures, in [0.05, 20]; 1 without any."""
    labelled = labels >= 0
    if not labelled.any():
        return 1.0
    rows, truth = np.asarray(logits, np.float64)[labelled], labels[labelled]

    def entropy(log_temperature: float) -> float:
        chances = log_softmax(rows / math.exp(log_temperature), axis=1)
        return float(-chances[np.arange(len(truth)), truth].mean())

    return math.exp(minimize_scalar(entropy, bounds=(math.log(0.05), math.log(20.0)), method="bounded").x)


def scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return knots, their -log(tail probability), and the slope beyond the last, for a measure of known pictures."""
    shares = np.linspace(0.0, 1.0 - TAIL, NUM_KNOTS)
    knots = np.quantile(values, shares)
    excess = float(np.mean(np.maximum(values - knots[-1], 0.0))) / TAIL
    spread = max(excess, 1e-3 * float(np.std(values)), 1e-6)
    return knots, -np.log1p(-shares), 1.0 / spread
