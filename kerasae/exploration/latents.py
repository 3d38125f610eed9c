"""One pass of a model over images that keeps where each lies in the latent space."""

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
class Latents:
    """Where n images lie.

    Attributes:
        latent: float32 (n, values); the mean of each channel where the encoder gives a map.
        label: int64 (n,), -1 where unknown.
        prediction: int64 (n,), -1 everywhere without a softmax head.
        confidence: float32 (n,), the probability of the prediction; 0 without a softmax head.
        name: where each image came from: a path, or a place such as "test/12".
    """

    latent: np.ndarray
    label: np.ndarray
    prediction: np.ndarray
    confidence: np.ndarray
    name: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """Whether a labelled image was named wrong: bool (n,)."""
        return (self.label >= 0) & (self.prediction >= 0) & (self.label != self.prediction)

    def save(self, path: Path) -> None:
        """Write all as an .npz of arrays by name."""
        with written_whole(path) as temporary:
            np.savez_compressed(temporary, **vars(self))

    @classmethod
    def read(cls, path: Path) -> Latents:
        """Read what `save` has written."""
        return cls(**read_npz(path, [field.name for field in dataclasses.fields(cls)]))


def observe(
    model: JointAutoencoder, image_set: ImageSet, side: int | None = None, what: str = "Encoding"
) -> tuple[Latents, np.ndarray | None, np.ndarray | None]:
    """Pass images through a model.

    Args:
        model: as trained.
        images: at least one.
        side: the longest side of the small copies to keep; None keeps none.
        what: the words beside the progress bar.

    Returns:
        The latents; small copies of images and of reconstructions, uint8 (n, h, w, C), None where there are none.
    """
    inner = model_with_features(model)
    small = None if side is None else small_shape(image_set.image_shape, side)

    @tf.function(input_signature=[tf.TensorSpec((None, *image_set.image_shape), tf.uint8)], autograph=False)
    def run(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = inner(images, training=False)
        found = {name: outputs[name] for name in ("latent", "label") if name in outputs}
        if small is not None:
            copies = {"picture": tf.cast(images, tf.float32)}
            if "reconstruction" in outputs:
                copies["reconstruction"] = outputs["reconstruction"] * 255.0
            for name, values in copies.items():
                found[name] = tf.cast(tf.round(tf.clip_by_value(_reduced(values, small), 0, 255)), tf.uint8)
        return found

    parts = batches(image_set)
    found = collected(run(image_set.load(places)) for places in with_progress(parts, len(parts), what))
    chances = found.get("label")
    return (
        Latents(
            latent=found["latent"],
            label=np.asarray(image_set.labels, np.int64),
            prediction=np.full(len(image_set), -1) if chances is None else chances.argmax(axis=1),
            confidence=np.zeros(len(image_set), np.float32) if chances is None else chances.max(axis=1),
            name=np.array([image_set.name(index) for index in range(len(image_set))]),
        ),
        found.get("picture"),
        found.get("reconstruction"),
    )


def small_shape(image_shape: tuple[int, int, int], side: int) -> tuple[int, int]:
    """Return height and width of a copy whose longest side is at most `side`."""
    height, width = image_shape[:2]
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def _reduced(values: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    if tuple(values.shape[1:3]) == size:
        return values
    return tf.image.resize(values, size, antialias=True)
