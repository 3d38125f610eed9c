"""The forward pass of a model over images, in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from kerasae.data.images import Readable, batches
from kerasae.data.pixel_histogram import NUM_LEVELS, pixel_histogram
from kerasae.data.progress import with_progress
from kerasae.inference.image_error import image_errors
from kerasae.inference.predictions import Predictions
from kerasae.losses import ReconstructionLoss
from kerasae.models import TrainedModel, model_with_ood_score
from kerasae.utils.pixels import scale_image_tensor

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
    """Concatenate the outputs of successive batches by name: integers and booleans as they are, floats as float32."""
    batches_of: dict[str, list[np.ndarray]] = {}
    for batch in outputs:
        for name, value in batch.items():
            array = keras.ops.convert_to_numpy(value)
            batches_of.setdefault(name, []).append(
                array if array.dtype.kind in "biu" else np.asarray(array, np.float32)
            )
    return {name: np.concatenate(arrays) for name, arrays in batches_of.items()}


def apply_in_batches(function: Callable[[np.ndarray], Mapping[str, Any]], images: Readable) -> dict[str, np.ndarray]:
    """Return what a function of uint8 (n, H, W, C) gives for an image set, called batch by batch: see `collected`."""
    return collected(function(images.load(indices)) for indices in batches(images))


def predict_image_set(
    trained: TrainedModel, image_set: Readable, *, loss: ReconstructionLoss | None = None, batch_size: int = 256
) -> Predictions:
    """Run a model over an image set; reconstructions are measured and dropped batch by batch.

    Args:
        trained: the model takes uint8 (n, H, W, C) and returns "reconstruction" in [0, 1], "label" softmax, or both, by
            name; its rejection, if any, scores the images.
        image_set: at least one image.
        loss: the reconstruction loss of the training; mean squared error if None.
        batch_size: the largest batch; batches of large images are smaller.
    """
    rejection = trained.rejection
    call = forward(model_with_ood_score(trained))

    @tf.function(
        input_signature=[tf.TensorSpec((None, *image_set.image_shape), dtype) for dtype in ("uint8", "float32")],
        autograph=False,
    )
    def measure(images: tf.Tensor, reconstruction: tf.Tensor) -> dict[str, tf.Tensor]:
        return image_errors(scale_image_tensor(images), reconstruction, loss or ReconstructionLoss())

    probabilities: list[np.ndarray] = []
    errors: list[Mapping[str, Any]] = []
    anomaly: list[Mapping[str, Any]] = []
    histogram = np.zeros(NUM_LEVELS, np.int64)
    parts = batches(image_set, batch_size)
    for indices in with_progress(parts, len(parts), "Evaluating"):
        images = image_set.load(indices)
        histogram += pixel_histogram(images)
        outputs = call(images)
        if "label" in outputs:
            probabilities.append(np.asarray(keras.ops.convert_to_numpy(outputs["label"]), np.float32))
        if rejection is not None:
            anomaly.append({name: keras.ops.convert_to_numpy(outputs[name]) for name in rejection.output_names})
        if "reconstruction" in outputs:
            measured = measure(images, outputs["reconstruction"])
            errors.append({name: values.numpy() for name, values in measured.items()})
    return Predictions(
        label=np.asarray(image_set.labels, np.int64),
        probabilities=np.concatenate(probabilities) if probabilities else None,
        errors=collected(errors),
        anomaly=collected(anomaly),
        histogram=histogram,
    )
