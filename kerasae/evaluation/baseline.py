"""A linear baseline: logistic regression on the same images, which a network should beat."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from kerasae.evaluation.numbers import number
from kerasae.utils.pixels import scale_images

if TYPE_CHECKING:
    from kerasae.data.collection import Collection
    from kerasae.data.images import ImageSet

SMALL_VALUES = 4_000_000  # training values up to which the fit takes seconds
MAX_ITERATIONS = 1000


@dataclass(frozen=True, slots=True)
class LinearBaseline:
    """The scores of the linear baseline on the labelled test images; `what` describes the model."""

    accuracy: float | None
    macro_f1: float | None
    what: str


def is_small(collection: Collection) -> bool:
    """Return whether the labelled training images are few and small enough to fit the baseline within seconds."""
    return int((collection.train.labels >= 0).sum()) * int(np.prod(collection.image_shape)) <= SMALL_VALUES


def linear_baseline(collection: Collection) -> LinearBaseline | None:
    """Fit logistic regression to the scaled pixels of the labelled training images, with the same class weights.

    It holds those images in memory as float32.

    Returns:
        Its scores on the labelled test images; None with fewer than two classes in the training images, or without a
        labelled test image.
    """
    images, labels = _labelled(collection.train)
    test_images, test_labels = _labelled(collection.test)
    if len(np.unique(labels)) < 2 or not len(test_labels):
        return None
    model = LogisticRegression(max_iter=MAX_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # `what` says it
        model.fit(images, labels, sample_weight=collection.class_weights[labels])
    predicted = model.predict(test_images)
    stopped = f", stopped after {MAX_ITERATIONS} iterations" if model.n_iter_.max() >= MAX_ITERATIONS else ""
    return LinearBaseline(
        accuracy=number(accuracy_score(test_labels, predicted)),
        macro_f1=number(f1_score(test_labels, predicted, average="macro", zero_division=0.0)),
        what=f"logistic regression on scaled pixels, same training images and class weights{stopped}",
    )


def _labelled(image_set: ImageSet) -> tuple[np.ndarray, np.ndarray]:
    """Return the labelled images as rows of scaled pixels, float32 (n, d), and their classes, int64 (n,)."""
    indices = np.flatnonzero(image_set.labels >= 0)
    images = scale_images(image_set.load(indices).reshape(len(indices), -1))
    return images, image_set.labels[indices]
