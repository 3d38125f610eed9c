"""A model as a detector of OOD images: what all sets of OOD images are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasae.inference.forward import apply_in_batches, forward
from kerasae.models.ood.feature_extractor import Features, feature_extractor
from kerasae.models.ood.fitting import MOST_REFERENCES
from kerasae.ood.scores import Scorer, Scores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from kerasae.data.collection import Collection
    from kerasae.data.images import Readable
    from kerasae.layers import Rejection
    from kerasae.models import JointAutoencoder


@dataclass(frozen=True)
class OodScores:
    """Features and scores of OOD images, float (n, ...) by name, and which of them are rejected, bool (n,)."""

    features: Features
    scores: Scores
    rejected: np.ndarray


@dataclass(frozen=True)
class Detector:
    """A model that detects OOD images, and the test images that all sets of OOD images are compared with.

    Attributes:
        class_names: of the model.
        extract: gives the features of a batch of images.
        reconstruct: gives the outputs of the model for a batch of images; None without a reconstruction head.
        scorer: gives the scores of features.
        known_scores: of the test images.
        known_rejected: bool (n,), which test images are rejected.
        known_labels: int (n,), their classes, -1 where unknown.
        known_correct: bool (n,), whether their predicted class is correct; None without a softmax head, or where a
            label is unknown.
    """

    class_names: tuple[str, ...]
    extract: Callable[[Any], Mapping[str, Any]]
    reconstruct: Callable[[np.ndarray], Mapping[str, Any]] | None
    scorer: Scorer
    known_scores: Scores
    known_rejected: np.ndarray
    known_labels: np.ndarray
    known_correct: np.ndarray | None

    @classmethod
    def of(cls, model: JointAutoencoder, rejection: Rejection, collection: Collection) -> Detector:
        """Score the test images of a collection."""
        extract = feature_extractor(model)
        scorer = Scorer(rejection, apply_in_batches(extract, collection.train.some(MOST_REFERENCES)))
        features, labels = apply_in_batches(extract, collection.test), collection.test.labels
        is_known = "logits" in features and (labels >= 0).all()
        return cls(
            class_names=collection.class_names,
            extract=extract,
            reconstruct=None if model.decoder is None else forward(model),
            scorer=scorer,
            known_scores=scorer(features),
            known_rejected=scorer.rejected(features),
            known_labels=labels,
            known_correct=features["logits"].argmax(axis=1) == labels if is_known else None,
        )

    def score(self, images: Readable) -> OodScores:
        """Score OOD images."""
        features = apply_in_batches(self.extract, images)
        return OodScores(features, self.scorer(features), self.scorer.rejected(features))
