"""The interface that every trained model predicts through, whichever format it is kept in."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from kerasae.inference.image_error import mean_squared_errors
from kerasae.utils.pixels import scale_image_tensor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kerasae.data.images import ImageShape
    from kerasae.data.resizing import Resize
    from kerasae.data.value_range import Range


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs of a model for n images; an output that the model lacks is None.

    Attributes:
        probabilities: float32 (n, num_classes), softmax.
        reconstruction: float32 (n, H, W, C) in [0, 1].
        reconstruction_error: float32 (n,), mean squared error on [0, 1] pixels.
        anomaly_score: float32 (n,), 0 and up.
        accepted: bool (n,), whether the score is at most the threshold.
    """

    probabilities: np.ndarray | None = None
    reconstruction: np.ndarray | None = None
    reconstruction_error: np.ndarray | None = None
    anomaly_score: np.ndarray | None = None
    accepted: np.ndarray | None = None

    @classmethod
    def of(cls, images: np.ndarray, outputs: Mapping[str, Any]) -> Outputs:
        """Take the outputs of a model by their names, and measure the reconstructions against the images."""
        names = ("label", "reconstruction", "anomaly_score", "accepted")
        arrays = {name: np.asarray(outputs[name]) for name in names if name in outputs}
        reconstruction, error = arrays.get("reconstruction"), None
        if reconstruction is not None:
            error = mean_squared_errors(scale_image_tensor(tf.constant(images)), tf.constant(reconstruction)).numpy()
        return cls(arrays.get("label"), reconstruction, error, arrays.get("anomaly_score"), arrays.get("accepted"))


class Predictor(abc.ABC):
    """A trained model that predicts.

    Attributes:
        path: of the run or the export.
        class_names: in the order of the softmax head; of the training data where there is no such head.
        image_shape: (H, W, C) of the images that `predict` takes.
        resize: how training resized images to `image_shape`.
        limits: the range of stored values that training mapped to 0 to 255; None for images of 8 bits as they are.
    """

    path: Path
    class_names: tuple[str, ...]
    image_shape: ImageShape
    resize: Resize
    limits: Range | None

    @abc.abstractmethod
    def predict(self, images: np.ndarray) -> Outputs:
        """Predict a batch of images.

        Args:
            images: uint8 (n, H, W, C), [0, 255], n at least 1.
        """
