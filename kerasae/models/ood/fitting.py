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
    """Return how many known images a threshold for this rate takes; with fewer, no score is high enough for it."""
    return math.ceil((1 - false_positive_rate) / false_positive_rate - 1e-9)


def too_few(false_positive_rate: float, count: int) -> RequestError:
    """Return the error that says how many known images are needed."""
    return RequestError(
        "rejection.false_positive_rate",
        received=(
            f"{false_positive_rate:g} takes {needed(false_positive_rate):,} validation images or more. Received: "
            f"{count:,}"
        ),
        fix="train with data.validation larger or the rate higher",
    )


def splits(false_positive_rate: float, count: int) -> bool:
    """Return whether `count` known images are enough to learn the scales from one half and rank the other.

    Each half holds at least `FEWEST_OF_HALF` images, of which 50 lie in the tail, and ten times as many as are
    `needed`: from one draw of the ranked images to another the rate then varies by a third of itself at most (a beta
    distribution, Vovk 2012, arXiv 1209.2673).
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

    The threshold is the score of rank ceil((n + 1) (1 - rate)) among n scores of known images, none of which had a part
    in its own score. With enough images (see `splits`) one half teaches temperature, scales and tails and the other
    is ranked: split conformal prediction, whose expected rate is at most the given one whatever the distribution
    (Angelopoulos and Bates 2021, arXiv 2107.07511, theorem 1). With fewer all are ranked, each by what the other folds
    teach, and the kept score is learned from all (Vovk 2015, "Cross-conformal predictors"; the jackknife of Barber et
    al. 2021, arXiv 1905.02928, section 1): for that no proof holds without a stable score, and the rate is simulated.

    Args:
        reference: `latent` of images that centres and covariance are taken from, (n, latent_dim); with None they
            are taken from `known`, and fitted again for each fold like all else.
        reference_labels: int (n,), -1 where there is none; a centre a class, or one for all without labels.
        known: `latent`, and where the model has them `ERROR` and `logits`, of known images that it was not
            trained on: the temperature, each part's scale and the threshold come from these alone.
        labels: int (m,), their classes, -1 where there is none.
        false_positive_rate: the expected share of known images that are rejected, at most.
        by_class: whether each predicted class gets a threshold of its own (see `thresholds`).

    Raises:
        RequestError: too few known images for the rate, or `by_class` without logits.
    """
    count = len(labels)
    if not 0 < false_positive_rate < 1:
        raise RequestError("false_positive_rate", expected="a number between 0 and 1", received=false_positive_rate)
    if count < needed(false_positive_rate):
        raise too_few(false_positive_rate, count)
    if by_class and "logits" not in known:
        raise RequestError(
            "rejection.by_class",
            expected="a model that predicts classes",
            received="one without labels",
            fix="leave it out",
        )
    basis, basis_labels = (known, labels) if reference is None else (reference, reference_labels)
    centres, whitening = centres_and_whitening(basis["latent"], np.asarray(basis_labels))
    parts = [part for part, name in (("reconstruction", "error"), ("label", "logits")) if name in known]
    classes = known["logits"].shape[1] if "logits" in known else 0
    rejection = Rejection([*parts, "latent"], centres.shape[1], len(centres), classes, by_class)
    _assign_centres(rejection, centres, whitening)

    # The scales of the last group of teachers are kept; `by` says which teachers each ranked image is scored by.
    order = np.random.default_rng(0).permutation(count)
    if splits(false_positive_rate, count):
        teachers, ranked = [order[: count // 2]], order[count // 2 :]
        by = np.zeros(len(ranked), int)
    else:
        folds = np.array_split(np.arange(count), min(NUM_FOLDS, count))
        # A single image has no others to learn from.
        teachers, ranked = [*(np.delete(order, fold) if count > 1 else order for fold in folds), order], order
        by = np.repeat(np.arange(len(folds)), [len(fold) for fold in folds])
    scales, measures = _learned(rejection, known, labels, teachers, centred=reference is not None)
    scores = ops.convert_to_numpy(rejection.joined(measures, scales)[0])[by, ranked]
    _assign(rejection, scales)
    if by_class:
        limits, alone = thresholds(scores, predicted(known)[ranked], classes, false_positive_rate)
        rejection.own.assign(alone)
        rejection.threshold.assign(limits)
    else:
        rejection.threshold.assign(_threshold(scores, false_positive_rate))
    return rejection


def thresholds(
    scores: np.ndarray, classes: np.ndarray, num_classes: int, false_positive_rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return a threshold for each predicted class, float (num_classes,), and which are their own, bool (num_classes,).

    A class that enough of the ranked images are predicted as (see `needed`) has the threshold of these images: Mondrian
    conformal prediction (Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world", section 4.5). All
    other classes share the threshold of their images taken together, or of all images where these too are too few.

    Args:
        scores: (n,), of the ranked images.
        classes: int (n,), what they are predicted as.
    """
    alone = np.bincount(classes, minlength=num_classes) >= needed(false_positive_rate)
    others = scores[~alone[classes]]
    shared = others if len(others) >= needed(false_positive_rate) else scores
    groups = (scores[classes == index] if alone[index] else shared for index in range(num_classes))
    return np.array([_threshold(group, false_positive_rate) for group in groups]), alone


def _threshold(scores: np.ndarray, false_positive_rate: float) -> float:
    rank = math.ceil((len(scores) + 1) * (1 - false_positive_rate) - 1e-9)
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def _assign_centres(rejection: Rejection, centres: np.ndarray, whitening: np.ndarray) -> None:
    # A class that a fold lacks gets another one's centre, which leaves the nearest distance as it is.
    rejection.centres.assign(np.resize(centres, rejection.centres.shape))
    rejection.whitening.assign(whitening)


def _learned(
    rejection: Rejection, known: Features, labels: np.ndarray, teachers: Sequence[np.ndarray], *, centred: bool
) -> tuple[Scales, dict[str, np.ndarray]]:
    """Learn scales from each group of teachers, int places in `known`, and measure all images by each.

    Args:
        centred: whether the centres are there already; if not, each group's own are used, and the last one's kept.

    Returns:
        Scales with a leading shape (groups, 1), and measures (groups, m).
    """

    def stacked(rows: Iterable[Any]) -> np.ndarray:
        return np.array(list(rows), np.float32)[:, None]

    expected = {
        measure: stacked(expected_error(known[name][group], known["contrast"][group]) for group in teachers)
        for measure, name in (rejection.errors.items() if "reconstruction" in rejection.parts else ())
    }
    warm = None
    if "label" in rejection.parts:
        warm = stacked(temperature(known["logits"][group], labels[group]) for group in teachers)
    raw = rejection.raw(chosen(known, rejection), Scales(expected, warm, {}, {}, {}))
    shape = (len(teachers), len(labels))
    measures = {measure: np.broadcast_to(ops.convert_to_numpy(value), shape) for measure, value in raw.items()}
    if not centred:
        distances = []
        for group in teachers:
            _assign_centres(rejection, *centres_and_whitening(known["latent"][group], labels[group]))
            distances.append(ops.convert_to_numpy(rejection.distance(known["latent"])))
        measures["latent"] = np.stack(distances)
    scaled = {
        measure: [scale(row[group].astype(np.float64)) for row, group in zip(values, teachers, strict=True)]
        for measure, values in measures.items()
    }
    knots, levels, tails = (
        {measure: stacked(row[index] for row in rows) for measure, rows in scaled.items()} for index in range(3)
    )
    return Scales(expected, warm, knots, levels, tails), measures


def _assign(rejection: Rejection, scales: Scales) -> None:
    """Keep the last of several scales."""
    if "label" in rejection.parts:
        rejection.temperature.assign(scales.temperature[-1, 0])
    for own, learned in zip(rejection.scales, scales, strict=True):
        for measure, values in learned.items() if isinstance(learned, dict) else ():
            own[measure].assign(values[-1, 0])
