"""What an autoencoder makes of the training images: the latents that its samples are drawn like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np
from scipy.special import logsumexp

from kerasae.data.images import ImageSet, batch_size, batches, to_uint8
from kerasae.generation.code import Code
from kerasae.inference.forward import collected, forward
from kerasae.models.assembly import wire
from kerasae.models.ood.fitting import MOST_REFERENCES
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from kerasae.models import JointAutoencoder


@dataclass(frozen=True)
class Latents:
    """Training images as an autoencoder encodes them.

    Attributes:
        model: the autoencoder, which has a decoder.
        code: how its latents are sampled.
        vectors: float64 (n, k), by `code`.
        labels: int (n,), -1 where there is none.
        odds: float64 (n,), the log-odds that the classifier gives the image's own class, higher for the surer, below
            0 where it names another, -inf without label; None without a classifier.
    """

    model: JointAutoencoder
    code: Code
    vectors: np.ndarray
    labels: np.ndarray
    odds: np.ndarray | None

    @classmethod
    def of(cls, model: JointAutoencoder, train: ImageSet) -> Latents:
        """Encode the training images, or as many of them from end to end as stand for all.

        Raises:
            RequestError: the model has no decoder.
        """
        if model.decoder is None:
            raise RequestError(
                "generate",
                expected="a run whose model has a decoder, which makes images of latents",
                received="one that classifies alone",
                fix="train a recipe with a reconstruction, such as joint or autoencoder",
            )
        known = train.some(MOST_REFERENCES)
        latents, logits = encode(model, known)
        odds = None
        labels = np.asarray(known.labels)
        if logits is not None and (labels >= 0).any():
            odds = _log_odds(logits, labels)
        code = Code.learned(latents, simplex=isinstance(model.encoder.layers[-1], keras.layers.Softmax))
        return cls(model, code, code.to_vectors(latents), labels, odds)

    def decode(self, vectors: np.ndarray) -> np.ndarray:
        """Return the images of vectors (n, k): uint8 (n, H, W, C)."""
        return decode(self.model, self.code.to_latents(vectors))


def encode(model: JointAutoencoder, images: ImageSet) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the latents of images, float32 (n, ...), and their logits if the model has a classifier."""
    inner, _ = wire(model.posterior or model.encoder, None, model.classifier)
    wanted = {name: inner[name] for name in ("latent", "logits") if name in inner}
    call = forward(keras.Model(inner["images"], wanted))
    found = collected(call(images.load(places)) for places in batches(images))
    return found["latent"], found.get("logits")


def decode(model: JointAutoencoder, latents: np.ndarray) -> np.ndarray:
    """Return the images of latents (n, ...): uint8 (n, H, W, C)."""
    assert model.decoder is not None
    size = batch_size(model.decoder.output_shape[1:])
    return np.concatenate(
        [
            to_uint8(keras.ops.convert_to_numpy(model.decoder(latents[start : start + size], training=False)))
            for start in range(0, len(latents), size)
        ]
    )


def _log_odds(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the log-odds of each image's class; probabilities of 1 could not be told apart."""
    rows, index = logits.astype(np.float64), np.arange(len(labels))
    own = rows[index, labels]
    others = rows.copy()
    others[index, labels] = -np.inf
    return np.where(labels >= 0, own - logsumexp(others, axis=1), -np.inf)
