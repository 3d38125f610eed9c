"""One pass of a model over images, in constant memory: reconstructions are measured and dropped batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from kerasae.data.images import Readable, batches
from kerasae.data.progress import with_progress
from kerasae.evaluation.pixels import LEVELS, histogram
from kerasae.evaluation.predictions import Predictions
from kerasae.evaluation.reconstruction import image_errors
from kerasae.losses import ReconstructionLoss
from kerasae.models import TrainedModel, model_with_ood_score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def forward(model: keras.Model) -> Callable[[np.ndarray], Mapping[str, Any]]:
    """Return the model as a function of uint8 (n, H, W, C), in inference mode; one graph serves every n."""
    if keras.config.backend() != "tensorflow":
        return model.predict_on_batch
    shape = (None, *model.inputs[0].shape[1:])
    signature = [tf.TensorSpec(shape, tf.uint8)]
    return tf.function(lambda images: model(images, training=False), input_signature=signature, autograph=False)


def collected(outputs: Iterable[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Join what a model gives for one batch after the other: whole numbers or float32 (n, ...) by name."""
    found: dict[str, list[np.ndarray]] = {}
    for batch in outputs:
        for name, value in batch.items():
            array = keras.ops.convert_to_numpy(value)
            found.setdefault(name, []).append(array if array.dtype.kind in "biu" else np.asarray(array, np.float32))
    return {name: np.concatenate(arrays) for name, arrays in found.items()}


def predict(
    trained: TrainedModel, image_set: Readable, *, loss: ReconstructionLoss | None = None, batch_size: int = 256
) -> Predictions:
    """Run the model over all images, `batch_size` at a time or fewer where they are large.

    Args:
        trained: the model takes uint8 (n, H, W, C) and returns "reconstruction" in [0, 1], "label" softmax, or both, by
            name; its rejection, if any, scores the images.
        images: the images, at least one.
        loss: the reconstruction loss that was trained on; mean squared error if None.
        batch_size: the most images of one batch.
    """
    rejection = trained.rejection
    call = forward(model_with_ood_score(trained))

    @tf.function(
        input_signature=[tf.TensorSpec((None, *image_set.image_shape), dtype) for dtype in ("uint8", "float32")],
        autograph=False,
    )
    def measure(images: tf.Tensor, reconstruction: tf.Tensor) -> dict[str, tf.Tensor]:
        return image_errors(tf.cast(images, tf.float32) / 255.0, reconstruction, loss or ReconstructionLoss())

    probabilities: list[np.ndarray] = []
    errors: dict[str, list[np.ndarray]] = {}
    anomaly: dict[str, list[np.ndarray]] = {}
    counts = np.zeros(LEVELS, np.int64)
    parts = batches(image_set, batch_size)
    for places in with_progress(parts, len(parts), "Evaluating"):
        images = image_set.load(places)
        counts += histogram(images)
        outputs = call(images)
        if "label" in outputs:
            probabilities.append(np.asarray(keras.ops.convert_to_numpy(outputs["label"]), np.float32))
        for key in rejection.output_names if rejection is not None else ():
            anomaly.setdefault(key, []).append(keras.ops.convert_to_numpy(outputs[key]))
        if "reconstruction" in outputs:
            for key, value in measure(images, outputs["reconstruction"]).items():
                errors.setdefault(key, []).append(value.numpy())
    return Predictions(
        label=np.asarray(image_set.labels, np.int64),
        probabilities=np.concatenate(probabilities) if probabilities else None,
        errors={key: np.concatenate(values) for key, values in errors.items()},
        anomaly={key: np.concatenate(values) for key, values in anomaly.items()},
        histogram=counts,
    )
