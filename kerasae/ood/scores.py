"""Scores of known and unknown images, and how far apart they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

from kerasae.data.images import spread
from kerasae.models.ood.feature_extractor import Features, chosen

if TYPE_CHECKING:
    from kerasae.layers import Rejection

Scores = dict[str, np.ndarray]
JOINED = "joined"
TITLES = {
    JOINED: "joined score",
    "reconstruction": "part: reconstruction",
    "latent": "part: latent distance",
    "label": "part: confidence",
    "max_softmax": "max softmax",
    "energy": "energy",
    "error": "reconstruction error",
    "isolation_forest": "isolation forest",
    "local_outlier_factor": "local outlier factor",
}
MOST_FITTED = 5_000  # images that the local outlier factor is fitted to: its time grows with their square


class Scorer:
    """Every score of an image, larger for the more unusual: ours, its parts, and the usual ones on the same features.

    The usual ones: the largest softmax probability (Hendrycks and Gimpel 2017, arXiv 1610.02136), the energy of the
    logits (Liu et al. 2020, arXiv 2010.03759), the reconstruction error, and on latents an isolation forest (Liu, Ting
    and Zhou 2008) and the local outlier factor (Breunig et al. 2000).

    Args:
        rejection: fitted.
        reference: `latent` of known images, which forest and factor learn from.
    """

    def __init__(self, rejection: Rejection, reference: Features) -> None:
        self.rejection = rejection
        latent = reference["latent"]
        latent = latent[spread(len(latent), MOST_FITTED)]
        self.forest = IsolationForest(random_state=0).fit(latent)
        self.factor = LocalOutlierFactor(n_neighbors=min(20, len(latent) - 1), novelty=True).fit(latent)

    def rejected(self, features: Features) -> np.ndarray:
        """Return which images are rejected, bool (n,)."""
        return ~np.asarray(self.rejection(chosen(features, self.rejection))["accepted"])

    def __call__(self, features: Features) -> Scores:
        """Score images by their features."""
        own = {name: np.asarray(value) for name, value in self.rejection(chosen(features, self.rejection)).items()}
        scores = {JOINED: own["anomaly_score"], **{part: own[f"{part}_score"] for part in self.rejection.parts}}
        if "logits" in features:
            logits = features["logits"].astype(np.float64)
            scores["max_softmax"] = -np.exp(logits.max(axis=1) - logsumexp(logits, axis=1))
            scores["energy"] = -logsumexp(logits, axis=1)
        if "error" in features:
            scores["error"] = features["error"]
        scores["isolation_forest"] = -self.forest.score_samples(features["latent"])
        scores["local_outlier_factor"] = -self.factor.score_samples(features["latent"])
        return scores


def separation(known: np.ndarray, unknown: np.ndarray) -> dict[str, float]:
    """Return how far apart two sets of scores are; positive means unknown.

    Returns:
        `auroc`: the chance that an unknown image scores higher than a known one. `aupr`: average precision.
        `fpr_at_95_tpr`: the share of known images that is rejected where 95% of the unknown are.
    """
    truth = np.repeat([0, 1], [len(known), len(unknown)])
    scores = np.concatenate([known, unknown]).astype(np.float64)
    threshold = np.quantile(unknown, 0.05, method="lower")
    return {
        "auroc": float(roc_auc_score(truth, scores)),
        "aupr": float(average_precision_score(truth, scores)),
        "fpr_at_95_tpr": float(np.mean(known >= threshold)),
    }


def risk_coverage(scores: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coverage, the share of images answered when the most usual come first, and the share of wrong answers.

    Args:
        scores: (n,), larger for the more unusual.
        right: bool (n,), whether the model named the right class.
    """
    order = np.argsort(scores, kind="stable")
    counts = np.arange(1, len(order) + 1)
    return counts / len(order), np.cumsum(~right[order]) / counts
