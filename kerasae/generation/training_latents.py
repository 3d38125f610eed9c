"""The latents of the training images, which the samplers of an autoencoder learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np
from scipy.special import logsumexp

from kerasae.data.images import ImageSet, batch_size, batches, to_uint8
from kerasae.generation.latent_vectors import LatentVectorizer
from kerasae.inference.forward import collected, forward
from kerasae.models.assembly import wire
from kerasae.models.ood.fitting import MOST_REFERENCES
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.models import JointAutoencoder


@dataclass(frozen=True)
class TrainingLatents:
    """The training images as an autoencoder encodes them.

    Attributes:
        model: an autoencoder with a decoder.
        vectorizer: converts its latents to vectors, and back.
        vectors: float64 (n, k), of `vectorizer`.
        labels: int (n,), -1 where unknown.
        log_odds: float64 (n,), of each image's own class by the classifier: higher is more confident, below 0 the image
            is misclassified, -inf without a label. None if the model has no classifier.
    """

    model: JointAutoencoder
    vectorizer: LatentVectorizer
    vectors: np.ndarray
    labels: np.ndarray
    log_odds: np.ndarray | None

    @classmethod
    def encode(cls, model: JointAutoencoder, train: ImageSet) -> TrainingLatents:
        """Encode the training images, or an evenly spaced part of them if there are very many.

        Raises:
            RequestError: the model has no decoder.
        """
        if model.decoder is None:
            raise RequestError(
                "generate",
                expected="a run whose model has a decoder, which generates images from latents",
                received="a model with a classifier only",
                fix="train a recipe with a reconstruction, such as joint or autoencoder",
            )
        images = train.some(MOST_REFERENCES)
        latents, logits = encode(model, images)
        labels = np.asarray(images.labels)
        log_odds = class_log_odds(logits, labels) if logits is not None and (labels >= 0).any() else None
        is_softmax = isinstance(model.encoder.layers[-1], keras.layers.Softmax)
        vectorizer = LatentVectorizer.fit(latents, is_softmax=is_softmax)
        return cls(model, vectorizer, vectorizer.to_vectors(latents), labels, log_odds)

    def decode(self, vectors: np.ndarray) -> np.ndarray:
        """Decode vectors (n, k) to images, uint8 (n, H, W, C)."""
        return decode(self.model, self.vectorizer.to_latents(vectors))


def encode(model: JointAutoencoder, images: ImageSet) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the latents of images, float32 (n, ...), and their logits if the model has a classifier."""
    tensors, _ = wire(model.posterior or model.encoder, None, model.classifier)
    outputs = {name: tensors[name] for name in ("latent", "logits") if name in tensors}
    call = forward(keras.Model(tensors["images"], outputs))
    arrays = collected(call(images.load(indices)) for indices in batches(images))
    return arrays["latent"], arrays.get("logits")


def decode(model: JointAutoencoder, latents: np.ndarray) -> np.ndarray:
    """Decode latents (n, ...) to images, uint8 (n, H, W, C)."""
    assert model.decoder is not None
    size = batch_size(model.decoder.output_shape[1:])
    return np.concatenate(
        [
            to_uint8(keras.ops.convert_to_numpy(model.decoder(latents[start : start + size], training=False)))
            for start in range(0, len(latents), size)
        ]
    )


def class_log_odds(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the log-odds of each image's own class, which differ even where probabilities are rounded to 1.

    Args:
        logits: float (n, num_classes).
        labels: int (n,), -1 where unknown.

    Returns:
        float64 (n,), -inf for an unlabelled image.
    """
    rows, indices = logits.astype(np.float64), np.arange(len(labels))
    of_label = rows[indices, labels]
    of_others = rows.copy()
    of_others[indices, labels] = -np.inf
    return np.where(labels >= 0, of_label - logsumexp(of_others, axis=1), -np.inf)
