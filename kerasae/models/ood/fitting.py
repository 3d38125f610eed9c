"""Fits a `Rejection` to known images: images that the model was not trained on, of the classes that it knows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasae.layers.rejection import Rejection, Scales
from kerasae.models.ood.estimators import centres_and_whitening, expected_error, scale, temperature
from kerasae.models.ood.feature_extractor import Features, chosen, feature_extractor, features_and_labels, predicted
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import tensorflow as tf

    from kerasae.models.joint import JointAutoencoder

FEWEST_OF_HALF = 500  # known images that scales and tails are learned from, where the others alone are ranked
NUM_FOLDS = 10  # of known images where all are ranked, each by what the other folds teach
MOST_REFERENCES = 10_000  # training images that centres and covariance are taken from; more change little


def needed(false_positive_rate: float) -> int:
    """Return the fewest known images that a threshold for this rate can be estimated from."""
    return math.ceil((1 - false_positive_rate) / false_positive_rate - 1e-9)


def too_few(false_positive_rate: float, count: int) -> RequestError:
    """Return the error about too few known images."""
    return RequestError(
        "rejection.false_positive_rate",
        expected=f"at least {needed(false_positive_rate):,} validation images for a rate of {false_positive_rate:g}",
        received=f"{count:,}",
        fix="train with data.validation larger or the rate higher",
    )


def splits(false_positive_rate: float, count: int) -> bool:
    """Return whether `count` known images are enough to fit the scales to one half and rank the other.

    Each half then has at least `FEWEST_OF_HALF` images, 50 of them in the tail, and ten times as many as `needed`. The
    rate varies by at most a third between samples of the ranked images (a beta distribution, Vovk 2012, arXiv
    1209.2673).
    """
    return count // 2 >= max(FEWEST_OF_HALF, 10 * needed(false_positive_rate))


def fit_rejection(
    model: JointAutoencoder,
    validation: tf.data.Dataset,
    false_positive_rate: float = 0.05,
    reference: tf.data.Dataset | None = None,
    *,
    by_class: bool = False,
) -> Rejection:
    """Fit a rejection for a model, which stays unchanged.

    Args:
        model: a trained model.
        validation: known images that the model was not trained on; elements as `model.evaluate` takes them. All scales
            and the threshold are estimated from these images alone.
        false_positive_rate: the share of known images that may be rejected, in (0, 1). Positive means unknown.
        reference: images that the class centres are computed from, such as training images; `validation` if None.
        by_class: whether each predicted class with enough validation images gets its own threshold.

    Returns:
        The layer that scores features; `model_with_ood_score` joins it to the model.

    Raises:
        RequestError: too few validation images for the rate, or `by_class` for a model without labels.
    """
    extract = feature_extractor(model)
    known, labels = features_and_labels(extract, validation)
    basis, classes = (None, None) if reference is None else features_and_labels(extract, reference)
    return fit_to_features(basis, classes, known, labels, false_positive_rate, by_class=by_class)


def fit_to_features(
    reference: Features | None,
    reference_labels: np.ndarray | None,
    known: Features,
    labels: np.ndarray,
    false_positive_rate: float,
    *,
    by_class: bool = False,
) -> Rejection:
    """Fit a rejection to the features of known images.

    The threshold is the score of rank ceil((n + 1) (1 - rate)) among n scores of known images, where no image
    contributes to its own score. With enough images (see `splits`), temperature, scales and tails are fitted to one
    half and the other half is ranked: split conformal prediction, whose expected rate is at most the given one for any
    distribution (Angelopoulos and Bates 2021, arXiv 2107.07511, theorem 1). With fewer images all are ranked, each by
    a fit to the other folds, and the final score is fitted to all (Vovk 2015, "Cross-conformal predictors"; the
    jackknife of Barber et al. 2021, arXiv 1905.02928, section 1). That guarantee needs a stable score; a simulation
    confirms the rate.

    Args:
        reference: `latent` of the images that centres and covariance are computed from, (n, latent_dim); None computes
            them from `known`, again for each fold.
        reference_labels: int (n,), -1 for no label; one centre for each class, or a single centre without labels.
        known: `latent`, and if the model has them `ERROR` and `logits`, of known images that the model was not
            trained on: the temperature, the scales and the threshold are fitted to these alone.
        labels: the classes of the known images, int (m,), -1 for no label.
        false_positive_rate: the largest expected share of known images that are rejected.
        by_class: whether each predicted class gets its own threshold (see `thresholds`).

    Raises:
        RequestError: too few known images for the rate, or `by_class` without logits.
    """
    _check(false_positive_rate, len(labels), by_class=by_class, has_logits="logits" in known)
    basis, basis_labels = (known, labels) if reference is None else (reference, reference_labels)
    centres, whitening = centres_and_whitening(basis["latent"], np.asarray(basis_labels))
    parts = [part for part, name in (("reconstruction", "error"), ("label", "logits")) if name in known]
    classes = known["logits"].shape[1] if "logits" in known else 0
    rejection = Rejection([*parts, "latent"], centres.shape[1], len(centres), classes, by_class)
    _assign_centres(rejection, centres, whitening)

    groups, ranked, group_of_ranked = _calibration_groups(len(labels), false_positive_rate)
    scales, measures = _fit_scales(rejection, known, labels, groups, fit_centres=reference is None)
    scores = ops.convert_to_numpy(rejection.joined(measures, scales)[0])[group_of_ranked, ranked]
    _assign_last(rejection, scales)
    if by_class:
        limits, has_own = thresholds(scores, predicted(known)[ranked], classes, false_positive_rate)
        rejection.own.assign(has_own)
        rejection.threshold.assign(limits)
    else:
        rejection.threshold.assign(_threshold(scores, false_positive_rate))
    return rejection


def _check(false_positive_rate: float, count: int, *, by_class: bool, has_logits: bool) -> None:
    """Refuse a rate out of range or of too few known images, and thresholds by class without logits."""
    if not 0 < false_positive_rate < 1:
        raise RequestError("false_positive_rate", expected="a number between 0 and 1", received=false_positive_rate)
    if count < needed(false_positive_rate):
        raise too_few(false_positive_rate, count)
    if by_class and not has_logits:
        raise RequestError(
            "rejection.by_class",
            expected="a model that predicts classes",
            received="one without labels",
            fix="leave it out",
        )


def _calibration_groups(count: int, false_positive_rate: float) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Choose the known images that scales are fitted to and those whose scores are ranked.

    Returns:
        The groups of images that scales are fitted to, each int (n,); the rejection keeps the scales of the last group.
        The ranked images, int (r,). For each ranked image the group whose scales score it, int (r,).
    """
    order = np.random.default_rng(0).permutation(count)
    if splits(false_positive_rate, count):
        return [order[: count // 2]], order[count // 2 :], np.zeros(count - count // 2, int)
    folds = np.array_split(np.arange(count), min(NUM_FOLDS, count))
    # With a single image there are no others to fit to.
    groups = [*(np.delete(order, fold) if count > 1 else order for fold in folds), order]
    return groups, order, np.repeat(np.arange(len(folds)), [len(fold) for fold in folds])


def thresholds(
    scores: np.ndarray, classes: np.ndarray, num_classes: int, false_positive_rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the threshold of each predicted class, and which classes have their own.

    A class with at least `needed` ranked images gets the threshold of these images: Mondrian conformal prediction
    (Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world", section 4.5). The other classes share
    the threshold of all their images, or of all ranked images if these are too few as well.

    Args:
        scores: the scores of the ranked images, (n,).
        classes: their predicted classes, int (n,).

    Returns:
        The thresholds, float (num_classes,), and whether each is of one class only, bool (num_classes,).
    """
    has_own = np.bincount(classes, minlength=num_classes) >= needed(false_positive_rate)
    others = scores[~has_own[classes]]
    shared = others if len(others) >= needed(false_positive_rate) else scores
    groups = (scores[classes == index] if has_own[index] else shared for index in range(num_classes))
    return np.array([_threshold(group, false_positive_rate) for group in groups]), has_own


def _threshold(scores: np.ndarray, false_positive_rate: float) -> float:
    """Return the score of rank ceil((n + 1) (1 - rate))."""
    rank = math.ceil((len(scores) + 1) * (1 - false_positive_rate) - 1e-9)
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def _assign_centres(rejection: Rejection, centres: np.ndarray, whitening: np.ndarray) -> None:
    # A class without images in a fold gets the centre of another class: the nearest distance stays the same.
    rejection.centres.assign(np.resize(centres, rejection.centres.shape))
    rejection.whitening.assign(whitening)


def _fit_scales(
    rejection: Rejection, known: Features, labels: np.ndarray, groups: Sequence[np.ndarray], *, fit_centres: bool
) -> tuple[Scales, dict[str, np.ndarray]]:
    """Fit scales to each group of known images, int indices, and measure all known images by each.

    Args:
        fit_centres: whether to fit the class centres to each group as well, and keep those of the last.

    Returns:
        Scales with a leading shape (groups, 1), and measures (groups, num_known).
    """

    def stacked(rows: Iterable[Any]) -> np.ndarray:
        return np.array(list(rows), np.float32)[:, None]

    expected = {
        measure: stacked(expected_error(known[name][group], known["contrast"][group]) for group in groups)
        for measure, name in (rejection.errors.items() if "reconstruction" in rejection.parts else ())
    }
    temperatures = None
    if "label" in rejection.parts:
        temperatures = stacked(temperature(known["logits"][group], labels[group]) for group in groups)
    raw = rejection.raw(chosen(known, rejection), Scales(expected, temperatures, {}, {}, {}))
    shape = (len(groups), len(labels))
    measures = {measure: np.broadcast_to(ops.convert_to_numpy(value), shape) for measure, value in raw.items()}
    if fit_centres:
        distances = []
        for group in groups:
            _assign_centres(rejection, *centres_and_whitening(known["latent"][group], labels[group]))
            distances.append(ops.convert_to_numpy(rejection.distance(known["latent"])))
        measures["latent"] = np.stack(distances)
    scaled = {
        measure: [scale(row[group].astype(np.float64)) for row, group in zip(values, groups, strict=True)]
        for measure, values in measures.items()
    }
    knots, levels, tails = (
        {measure: stacked(row[index] for row in rows) for measure, rows in scaled.items()} for index in range(3)
    )
    return Scales(expected, temperatures, knots, levels, tails), measures


def _assign_last(rejection: Rejection, scales: Scales) -> None:
    """Set the scales of a rejection to those of the last group."""
    if "label" in rejection.parts:
        rejection.temperature.assign(scales.temperature[-1, 0])
    for variables, fitted in zip(rejection.scales, scales, strict=True):
        for measure, values in fitted.items() if isinstance(fitted, dict) else ():
            variables[measure].assign(values[-1, 0])
