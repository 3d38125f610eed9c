"""Measures generated images, and real test images in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from kerasae.data.images import UNLABELLED, ImageSet, batches, spread
from kerasae.evaluation.numbers import number
from kerasae.generation.distances import frechet_distance, nearest_distances
from kerasae.generation.result import (
    Agreement,
    ClassBalance,
    ClassShare,
    FrechetDistances,
    NearestDistances,
    SampleMetrics,
)
from kerasae.training.generator_samples import diversity
from kerasae.utils.pixels import scale_images

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kerasae.data.collection import Collection
    from kerasae.generation.judge import JudgePredictions
    from kerasae.generation.samplers.sampler import Samples

MAX_REAL_IMAGES = 5_000  # of the test and of the training images
MAX_SEARCHED_IMAGES = 1_000  # of each kind, whose nearest training image is searched
MAX_FULL_SIDE = 64  # pixels; larger images are reduced before distances are measured
REDUCED_SIDE = 32
COPY_QUANTILE = 0.01  # of the distances of real test images; a closer sample counts as a copy


@dataclass(frozen=True)
class MeasuredSamples:
    """Samples with their metrics.

    Attributes:
        samples: the images.
        judged_labels: int (n,), the classes that the judge predicts, -1 for one that the run does not have; None
            without a judge.
        searched: int (m,), the indices of the samples whose nearest training image was searched.
        distances: float32 (m,), of these to their nearest training image.
        neighbours: int (m,), the index of that training image.
        metrics: of the samples.
    """

    samples: Samples
    judged_labels: np.ndarray | None
    searched: np.ndarray
    distances: np.ndarray
    neighbours: np.ndarray
    metrics: SampleMetrics


class SampleEvaluator:
    """Measures samples against the real images of the same classes.

    Args:
        collection: the run's images: training images, which a sample may copy, and test images, which samples are
            compared with.
        judge: predicts classes and features; None leaves out all metrics that need it.
        classes: the labels that are sampled; empty if the run has none.
    """

    def __init__(
        self, collection: Collection, judge: Callable[[np.ndarray], JudgePredictions] | None, classes: Sequence[int]
    ) -> None:
        self.collection, self.judge, self.classes = collection, judge, list(classes)
        self.train = _images_of(collection.train, self.classes)
        self.test = _images_of(collection.test, self.classes)
        self.test_images = self.test.load(np.arange(len(self.test)))
        has_test_images = len(self.test_images) > 0
        self.test_predictions = judge(self.test_images) if judge is not None and has_test_images else None
        self.test_distances = np.zeros(0)
        if has_test_images:
            searched = self.test_images[spread(len(self.test_images), MAX_SEARCHED_IMAGES)]
            self.test_distances, _ = nearest_distances(pixel_vectors(searched), self.training_pixels)

    @cached_property
    def training_pixels(self) -> np.ndarray:
        """The pixel vectors of all training images, uint8 (n, d)."""
        images = self.collection.train
        parts = [np.rint(255 * pixel_vectors(images.load(indices))).astype(np.uint8) for indices in batches(images)]
        return np.concatenate(parts)

    @cached_property
    def training_features(self) -> np.ndarray:
        """The judge's features of training images, float32 (n, d)."""
        assert self.judge is not None
        return self.judge(self.train.load(np.arange(len(self.train)))).features

    @property
    def copy_distance(self) -> float | None:
        """The distance below which an image counts as a copy: 1% of the real test images are closer."""
        return float(np.quantile(self.test_distances, COPY_QUANTILE)) if len(self.test_distances) else None

    def measure_real(self) -> SampleMetrics:
        """Return the metrics of the real test images."""
        predictions, labels = self.test_predictions, self.test.labels
        return SampleMetrics(
            num_images=len(self.test_images),
            diversity=_diversity(self.test_images, labels, predictions),
            nearest=_nearest_summary(self.test_distances, self.copy_distance),
            agreement=(
                class_agreement(labels, predictions.labels, self.collection.class_names)
                if predictions is not None
                else None
            ),
        )

    def measure(self, samples: Samples) -> MeasuredSamples:
        """Measure the images of one sampler."""
        predictions = self.judge(samples.images) if self.judge is not None else None
        searched = spread(len(samples.images), MAX_SEARCHED_IMAGES)
        distances, neighbours = nearest_distances(pixel_vectors(samples.images[searched]), self.training_pixels)
        is_conditional = samples.sampler.is_conditional
        # The diversity of unconditional samples is measured within the classes that the judge predicts.
        labels = samples.labels if is_conditional or predictions is None else predictions.labels
        agreement = balance = frechet = None
        if predictions is not None and self.test_predictions is not None:
            if is_conditional:
                agreement = class_agreement(samples.labels, predictions.labels, self.collection.class_names)
            else:
                balance = self._class_balance(predictions.labels)
            frechet = self._frechet_distances(predictions.features, self.test_predictions.features)
        metrics = SampleMetrics(
            num_images=len(samples.images),
            diversity=_diversity(samples.images, labels, predictions),
            nearest=_nearest_summary(distances, self.copy_distance),
            description=samples.sampler.description,
            agreement=agreement,
            balance=balance,
            frechet=frechet,
        )
        judged_labels = predictions.labels if predictions is not None else None
        return MeasuredSamples(samples, judged_labels, searched, distances, neighbours, metrics)

    def _frechet_distances(self, sample_features: np.ndarray, test_features: np.ndarray) -> FrechetDistances:
        """Measure samples and training images against test images, over equal numbers of each."""
        count = min(len(sample_features), len(test_features), len(self.training_features))
        samples, test, training = (
            features[spread(len(features), count)]
            for features in (sample_features, test_features, self.training_features)
        )
        return FrechetDistances(frechet_distance(samples, test), frechet_distance(training, test), count)

    def _class_balance(self, judged_labels: np.ndarray) -> ClassBalance:
        """Compare the classes of unconditional samples with those of the training images."""
        names = self.collection.class_names
        training_labels = self.collection.train.labels[self.collection.train.labels >= 0]
        shares, training_shares = (
            np.bincount(labels[labels >= 0], minlength=len(names)) / max(len(labels), 1)
            for labels in (judged_labels, training_labels)
        )
        per_class = {
            name: ClassShare(float(share), float(training))
            for name, share, training in zip(names, shares, training_shares, strict=True)
        }
        return ClassBalance(float(0.5 * np.abs(shares - training_shares).sum()), per_class)


def class_agreement(labels: np.ndarray, judged_labels: np.ndarray, class_names: Sequence[str]) -> Agreement | None:
    """Return how often the judge predicts the class of an image.

    Args:
        labels: int (n,), -1 where unknown: those are left out.
        judged_labels: int (n,), of the judge.
        class_names: of the run.

    Returns:
        None if no image has a label.
    """
    is_labelled = labels >= 0
    if not is_labelled.any():
        return None
    per_class = {
        class_names[label]: float(np.mean(judged_labels[labels == label] == label))
        for label in np.unique(labels[is_labelled])
    }
    overall = float(np.mean(judged_labels[is_labelled] == labels[is_labelled]))
    return Agreement(overall, min(per_class.values()), per_class)


def pixel_vectors(images: np.ndarray) -> np.ndarray:
    """Return uint8 images (n, H, W, C) as vectors of pixels on [0, 1], float32 (n, d).

    Images with sides above 64 pixels are reduced to 32, where copies are still recognised.
    """
    if max(images.shape[1:3]) > MAX_FULL_SIDE:
        images = tf.image.resize(images, (REDUCED_SIDE, REDUCED_SIDE), antialias=True).numpy()
    return scale_images(images.reshape(len(images), -1))


def _images_of(images: ImageSet, classes: Sequence[int]) -> ImageSet:
    """Return the images of some classes, or of all and none if `classes` is empty, at most `MAX_REAL_IMAGES`."""
    indices = np.flatnonzero(np.isin(images.labels, classes) if len(classes) else images.labels >= UNLABELLED)
    return images.select(indices[spread(len(indices), MAX_REAL_IMAGES)])


def _diversity(images: np.ndarray, labels: np.ndarray, predictions: JudgePredictions | None) -> dict[str, float | None]:
    by_space = {"pixels": diversity(pixel_vectors(images), labels)}
    if predictions is not None:
        by_space["features"] = diversity(predictions.features, labels)
    return by_space


def _nearest_summary(distances: np.ndarray, copy_distance: float | None) -> NearestDistances:
    if not len(distances) or copy_distance is None:
        return NearestDistances(None, None)
    return NearestDistances(number(np.median(distances)), float(np.mean(distances < copy_distance)))
