"""Encodes images with a trained model, and keeps their latents and predictions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from kerasae.data.images import ImageSet, batches
from kerasae.data.progress import with_progress
from kerasae.files.reading import read_npz
from kerasae.files.writing import written_whole
from kerasae.inference.forward import collected
from kerasae.models import JointAutoencoder, model_with_features

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ImageLatents:
    """The latent representations and predictions of n images; latents.npz holds the arrays under these names.

    Attributes:
        latent: float32 (n, values); if the encoder returns a feature map, the mean of each channel.
        label: int64 (n,), -1 where unknown.
        prediction: int64 (n,), -1 if the model has no classifier.
        confidence: float32 (n,), the probability of the prediction; 0 if the model has no classifier.
        name: str (n,), the path of each image, or its position such as "test/12".
    """

    latent: np.ndarray
    label: np.ndarray
    prediction: np.ndarray
    confidence: np.ndarray
    name: np.ndarray

    @property
    def misclassified(self) -> np.ndarray:
        """Whether each image is labelled and its prediction is wrong: bool (n,)."""
        return (self.label >= 0) & (self.prediction >= 0) & (self.label != self.prediction)

    def save(self, path: Path) -> None:
        """Write the arrays as an .npz file."""
        with written_whole(path) as temporary:
            np.savez_compressed(temporary, **vars(self))

    @classmethod
    def read(cls, path: Path) -> ImageLatents:
        """Read a file that `save` has written."""
        return cls(**read_npz(path, [field.name for field in dataclasses.fields(cls)]))


@dataclass(frozen=True)
class EncodedImages:
    """Encoded images, and small copies of them for maps and pages.

    Attributes:
        latents: the latents and predictions.
        thumbnails: uint8 (n, h, w, C); None if none were requested.
        reconstructions: uint8 (n, h, w, C), reconstructions as thumbnails; None if none were requested or the model
            has no decoder.
    """

    latents: ImageLatents
    thumbnails: np.ndarray | None
    reconstructions: np.ndarray | None


def encode_images(
    model: JointAutoencoder, images: ImageSet, *, thumbnail_side: int | None = None, title: str = "Encoding"
) -> EncodedImages:
    """Encode images in batches.

    Args:
        model: a trained model.
        images: at least one.
        thumbnail_side: the maximum side of thumbnails, in pixels; None makes none.
        title: the text beside the progress bar.
    """
    inner = model_with_features(model)
    size = None if thumbnail_side is None else thumbnail_size(images.image_shape, thumbnail_side)

    @tf.function(input_signature=[tf.TensorSpec((None, *images.image_shape), tf.uint8)], autograph=False)
    def encode(batch: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = inner(batch, training=False)
        arrays = {name: outputs[name] for name in ("latent", "label") if name in outputs}
        if size is not None:
            arrays["thumbnail"] = _thumbnails(tf.cast(batch, tf.float32), size)
            if "reconstruction" in outputs:
                arrays["reconstruction"] = _thumbnails(outputs["reconstruction"] * 255.0, size)
        return arrays

    index_batches = batches(images)
    arrays = collected(
        encode(images.load(indices)) for indices in with_progress(index_batches, len(index_batches), title)
    )
    probabilities = arrays.get("label")
    latents = ImageLatents(
        latent=arrays["latent"],
        label=np.asarray(images.labels, np.int64),
        prediction=np.full(len(images), -1) if probabilities is None else probabilities.argmax(axis=1),
        confidence=np.zeros(len(images), np.float32) if probabilities is None else probabilities.max(axis=1),
        name=np.array([images.name(index) for index in range(len(images))]),
    )
    return EncodedImages(latents, arrays.get("thumbnail"), arrays.get("reconstruction"))


def thumbnail_size(image_shape: tuple[int, int, int], side: int) -> tuple[int, int]:
    """Return the height and width of a thumbnail whose longer side is at most `side`."""
    height, width = image_shape[:2]
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def _thumbnails(values: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Resize float images (n, H, W, C) on [0, 255] to uint8 (n, h, w, C)."""
    if tuple(values.shape[1:3]) != size:
        values = tf.image.resize(values, size, antialias=True)
    return tf.cast(tf.round(tf.clip_by_value(values, 0, 255)), tf.uint8)
