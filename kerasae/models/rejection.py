"""A `Rejection` of a trained model: fitted to known pictures, joined to the model, kept in a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.covariance import LedoitWolf

from kerasae.errors import RequestError
from kerasae.layers.rejection import ERROR, LOG_FLOOR, NUM_KNOTS, Rejection
from kerasae.models.probe import probe
from kerasae.runs import written_whole

if TYPE_CHECKING:
    from kerasae.models.joint import JointAutoencoder

Features = dict[str, np.ndarray]

TAIL = 0.1  # share of the known pictures that the exponential tail is fitted to
MOST_REFERENCES = 10_000  # training pictures that centres and covariance are taken from; more change little


def extractor(model: JointAutoencoder) -> Callable[[Any], dict[str, Any]]:
    """Return what gives the features of a batch of uint8 pictures: one graph for every size of batch."""
    inner = probe(model)

    @tf.function(input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)])
    def extract(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = with_error(images, inner(images, training=False))
        return {name: value for name, value in outputs.items() if name in ("latent", "logits", *ERROR)}

    return extract


def features(extract: Callable[[Any], dict[str, Any]], dataset: tf.data.Dataset) -> tuple[Features, np.ndarray]:
    """Return what a rejection goes by, and the classes: int (n,), -1 where there is none.

    Args:
        extract: the model's `extractor`.
        dataset: elements as `model.fit` takes them, pictures first, then the targets by head, or pictures alone.

    Raises:
        RequestError: the dataset is empty, or of other elements.
    """
    gathered: list[dict[str, np.ndarray]] = []
    labels: list[np.ndarray] = []
    for element in dataset:
        images, targets = (*element, {})[:2] if isinstance(element, tuple) else (element, {})
        rows: Any = targets.get("label", np.zeros((len(images), 1))) if isinstance(targets, Mapping) else None
        if np.ndim(images) != 4 or np.ndim(rows) != 2:
            raise RequestError(
                "rejection: expected datasets of batches of uint8 pictures (n, H, W, C), alone or with "
                '{"label": rows (n, num_classes)}. Received: an element of '
                f"{', '.join(_described(part) for part in (element if isinstance(element, tuple) else (element,)))}"
            )
        gathered.append({name: value.numpy() for name, value in extract(images).items()})
        labels.append(np.where(np.any(rows, axis=1), np.argmax(rows, axis=1), -1))
    if not gathered:
        raise RequestError("rejection: expected pictures. Received: a dataset without any")
    return {name: np.concatenate([batch[name] for batch in gathered]) for name in gathered[0]}, np.concatenate(labels)


def _described(part: Any) -> str:
    if isinstance(part, Mapping):
        return "{" + ", ".join(f"{name!r}: {_described(value)}" for name, value in part.items()) + "}"
    return f"shape {tuple(part.shape)}" if hasattr(part, "shape") else type(part).__name__


def save(rejection: Rejection, path: Path) -> None:
    """Write a rejection as a Keras model over its features, whole or not at all."""
    widths = {**dict.fromkeys(ERROR, ()), "latent": (rejection.latent_dim,), "logits": (rejection.num_classes,)}
    inputs = chosen({name: keras.Input(shape, name=name) for name, shape in widths.items()}, rejection)
    with written_whole(path) as temporary:
        keras.Model(inputs, rejection(inputs), name="rejection_of_features").save(temporary)


def load(path: Path) -> Rejection:
    """Read what `save` has written."""
    return keras.saving.load_model(path, compile=False).get_layer("rejection")


def guarded(model: keras.Model, rejection: Rejection | None = None) -> keras.Model:
    """Return `model` with the outputs of a rejection beside its heads, in one pass: a model like any other.

    `rejection` is the model's own if None; a model that has none either is returned as it is. The outputs are the
    heads, `latent`, `logits` where there is a softmax head, `ERROR` where there is a reconstruction (`with_error`), and
    what the rejection gives.
    """
    rejection = rejection or getattr(model, "rejection", None)
    if rejection is None:
        return model
    inner = probe(model)
    outputs = with_error(inner.input, inner.output)
    return keras.Model(inner.input, {**outputs, **rejection(chosen(outputs, rejection))}, name="guarded")


def with_error(images: Any, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Add, of each uint8 picture and its reconstruction, `ERROR` (batch,) to the outputs of a probe.

    Mean squares on [0, 1]: of what the reconstruction misses, as a whole and in the square window, a seventh of the
    shorter side, where it misses most; and of the steps between neighbouring pixels.
    """
    if "reconstruction" not in outputs:
        return dict(outputs)
    scaled = ops.cast(images, "float32") / 255.0
    steps = (scaled[:, 1:] - scaled[:, :-1], scaled[:, :, 1:] - scaled[:, :, :-1])
    values = float(np.prod(scaled.shape[1:]))
    contrast = sum(ops.sum(ops.square(step), axis=(1, 2, 3)) for step in steps) / values
    missed = ops.mean(ops.square(outputs["reconstruction"] - scaled), axis=-1, keepdims=True)
    shorter = min(scaled.shape[1:3])
    windows = ops.average_pool(missed, min(shorter, max(3, shorter // 7)), strides=1)
    found = (ops.mean(missed, axis=(1, 2, 3)), ops.max(windows, axis=(1, 2, 3)), contrast)
    return {**outputs, **dict(zip(ERROR, found, strict=True))}


def chosen(outputs: Mapping[str, Any], rejection: Rejection) -> dict[str, Any]:
    """Return the features among `outputs` that `rejection` takes."""
    return {name: outputs[name] for name in rejection.feature_names}


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
