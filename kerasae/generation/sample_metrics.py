"""The judgement of made images: every number beside that of real images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from kerasae.data.images import UNLABELLED, ImageSet, batches, spread
from kerasae.evaluation.numbers import number
from kerasae.generation.measures import frechet, nearest
from kerasae.training.generator_samples import diversity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.data.collection import Collection
    from kerasae.generation.judge import Judge, Opinion
    from kerasae.generation.method import Samples

MOST_REAL = 5_000  # test images that are looked at
MOST_SEARCHED = 1_000  # images of a kind whose nearest training image is searched for
LARGEST = 64  # sides up to which distances are those of the pixels themselves
SMALL = 32  # sides that larger images are reduced to
COPY = 0.01  # the share of real test images that lie closer to a training image than a copy may


@dataclass(frozen=True)
class Judged:
    """What came of one method's images.

    Attributes:
        samples: the images.
        named: int (n,), the classes that the judge named, -1 for one that was not asked about; None without a judge.
        distances, neighbours: (m,), of the first m of `order`: the distance to the nearest training image, and which.
        order: the samples whose nearest training image was searched for.
        found: the numbers, as generated.json holds them.
    """

    samples: Samples
    named: np.ndarray | None
    distances: np.ndarray
    neighbours: np.ndarray
    order: np.ndarray
    found: dict[str, Any]


class Reality:
    """Real images of the classes that are asked for, measured once as made ones are.

    Args:
        collection: the run's; training images are what copies would be of, test images what samples should be like.
        judge: None where there is none: then nothing is said about classes and features.
        classes: those that were asked for; empty where there are none.
    """

    def __init__(self, collection: Collection, judge: Judge | None, classes: Sequence[int]) -> None:
        self.collection, self.judge, self.classes = collection, judge, list(classes)
        self.train = _of_classes(collection.train, self.classes)
        self.test = _of_classes(collection.test, self.classes)
        self.images = self.test.load(np.arange(len(self.test)))
        self.opinion = judge(self.images) if judge is not None and len(self.images) else None
        chosen = spread(len(self.images), MOST_SEARCHED)
        self.distances = nearest(flat(self.images[chosen]), self.known)[0] if len(self.images) else np.zeros(0)

    @cached_property
    def known(self) -> np.ndarray:
        """Every training image as a row of pixels, uint8 (n, d): what a copy would be a copy of."""
        images = self.collection.train
        parts = [np.rint(255 * flat(images.load(places))).astype(np.uint8) for places in batches(images)]
        return np.concatenate(parts)

    @cached_property
    def training_features(self) -> np.ndarray:
        """The judge's features of training images, float32 (n, d)."""
        assert self.judge is not None
        return self.judge(self.train.load(np.arange(len(self.train)))).features

    @property
    def copy_distance(self) -> float | None:
        """The distance below which an image counts as a copy: 1% of the real test images lie closer."""
        return float(np.quantile(self.distances, COPY)) if len(self.distances) else None

    def summary(self) -> dict[str, Any]:
        """Return the numbers of real test images."""
        found: dict[str, Any] = {
            "num_pictures": len(self.images),
            "diversity": self._diversity(self.images, self.test.labels, self.opinion),
            "nearest": _nearest(self.distances, self.copy_distance),
        }
        if self.opinion is not None:
            found |= agreement(self.test.labels, self.opinion.named, self.collection.class_names)
        return found

    def judged(self, samples: Samples) -> Judged:
        """Measure the images of one method."""
        opinion = self.judge(samples.images) if self.judge is not None else None
        order = spread(len(samples.images), MOST_SEARCHED)
        distances, neighbours = nearest(flat(samples.images[order]), self.known)
        by_class = samples.method.by_class
        # A method without classes is as diverse within each class that the judge sees in its images.
        labels = samples.labels if by_class or opinion is None else opinion.named
        found: dict[str, Any] = {
            "words": samples.method.words,
            "num_pictures": len(samples.images),
            "diversity": self._diversity(samples.images, labels, opinion),
            "nearest": _nearest(distances, self.copy_distance),
        }
        if opinion is not None and self.opinion is not None:
            if by_class:
                found |= agreement(samples.labels, opinion.named, self.collection.class_names)
            else:
                found["balance"] = self._balance(opinion.named)
            found["frechet"] = self._frechet(opinion.features, self.opinion.features)
        named = None if opinion is None else opinion.named
        return Judged(samples, named, distances, neighbours, order, found)

    def _diversity(self, images: np.ndarray, labels: np.ndarray, opinion: Opinion | None) -> dict[str, float | None]:
        found = {"pixels": diversity(flat(images), labels)}
        return found | ({"features": diversity(opinion.features, labels)} if opinion is not None else {})

    def _frechet(self, made: np.ndarray, real: np.ndarray) -> dict[str, Any]:
        """Return the distance of made from test images, that of training images from them, each over as many."""
        count = min(len(made), len(real), len(self.training_features))
        one, other, training = (part[spread(len(part), count)] for part in (made, real, self.training_features))
        return {"distance": frechet(one, other), "real": frechet(training, other), "num_pictures": count}

    def _balance(self, named: np.ndarray) -> dict[str, Any]:
        """Return the share of each class among samples that no class was asked of, and how far that is from training.

        `distance` is the total variation, the share of samples that would have to be of another class.
        """
        names = self.collection.class_names
        known = self.collection.train.labels[self.collection.train.labels >= 0]
        shares, wanted = (
            np.bincount(values[values >= 0], minlength=len(names)) / max(len(values), 1) for values in (named, known)
        )
        rows = {
            name: {"share": float(share), "training": float(there)}
            for name, share, there in zip(names, shares, wanted, strict=True)
        }
        return {"distance": float(0.5 * np.abs(shares - wanted).sum()), "per_class": rows}


def agreement(asked: np.ndarray, named: np.ndarray, class_names: Sequence[str]) -> dict[str, Any]:
    """Return how often the judge named the class that was asked for, over all classes and of each."""
    labelled = asked >= 0
    if not labelled.any():
        return {}
    per_class = {class_names[one]: float(np.mean(named[asked == one] == one)) for one in np.unique(asked[labelled])}
    overall = float(np.mean(named[labelled] == asked[labelled]))
    return {"agreement": {"overall": overall, "worst": min(per_class.values()), "per_class": per_class}}


def flat(images: np.ndarray) -> np.ndarray:
    """Return uint8 images (n, H, W, C) as rows of pixels on [0, 1], float32 (n, d).

    Images of sides above 64 are reduced to 32: whether one is a copy of another shows there too.
    """
    if max(images.shape[1:3]) > LARGEST:
        images = tf.image.resize(images, (SMALL, SMALL), antialias=True).numpy()
    return images.reshape(len(images), -1).astype(np.float32) / 255.0


def _of_classes(images: ImageSet, classes: Sequence[int]) -> ImageSet:
    """Return the images of some classes (of none in particular if there are none), not more than `MOST_REAL`."""
    chosen = np.flatnonzero(np.isin(images.labels, classes) if len(classes) else images.labels >= UNLABELLED)
    return images.select(chosen[spread(len(chosen), MOST_REAL)])


def _nearest(distances: np.ndarray, copy: float | None) -> dict[str, float | None]:
    """Return the middle distance to the nearest training image, and the share that lies closer than a copy may."""
    if not len(distances) or copy is None:
        return {"median": None, "copies": None}
    return {"median": number(np.median(distances)), "copies": float(np.mean(distances < copy))}
