"""The features that a `Rejection` scores: latents, logits and reconstruction errors, from the pass that predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasae.layers.rejection import ERROR
from kerasae.models.assembly import wire
from kerasae.utils.errors import RequestError
from kerasae.utils.pixels import scale_image_tensor

if TYPE_CHECKING:
    from kerasae.layers import Rejection
    from kerasae.models.joint import JointAutoencoder

# By name, a row for each image: `latent` (n, latent_dim), `logits` (n, num_classes), and each of `ERROR` (n,).
Features = dict[str, np.ndarray]
FeatureExtractor = Callable[[Any], dict[str, Any]]


def model_with_features(model: JointAutoencoder) -> keras.Model:
    """Return a model over the same layers that outputs the latent and the logits beside the heads.

    Input: uint8 (batch, height, width, channels). Outputs: the heads of `model`; `latent`, float32 (batch, values), the
    mean of each channel where the latent is a map; and `logits`, float32 (batch, num_classes), if there is a label
    head.
    """
    inner, outputs = wire(model.posterior or model.encoder, model.decoder, model.classifier)
    latent = inner["latent"]
    if len(latent.shape) > 2:
        latent = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled_latent")(latent)
    features = {"latent": latent} | ({"logits": inner["logits"]} if "logits" in inner else {})
    as_float = {
        name: keras.layers.Activation("linear", dtype="float32", name=name)(value) for name, value in features.items()
    }
    heads = {head: outputs[head] for head in model.heads}
    return keras.Model(inner["images"], {**heads, **as_float}, name="model_with_features")


def with_error(images: Any, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Add the reconstruction errors `ERROR`, float32 (batch,), to the outputs of a `model_with_features`.

    All are mean squares on [0, 1]: the error of the reconstruction over all pixels; the largest error of any square
    window whose side is a seventh of the image's shorter side; and the contrast of the image, the differences between
    neighbouring pixels.

    Args:
        images: uint8 (batch, height, width, channels).
        outputs: by name; returned unchanged where they hold no reconstruction.
    """
    if "reconstruction" not in outputs:
        return dict(outputs)
    scaled = scale_image_tensor(images)
    steps = (scaled[:, 1:] - scaled[:, :-1], scaled[:, :, 1:] - scaled[:, :, :-1])
    num_values = float(np.prod(scaled.shape[1:]))
    contrast = sum(ops.sum(ops.square(step), axis=(1, 2, 3)) for step in steps) / num_values
    pixel_error = ops.mean(ops.square(outputs["reconstruction"] - scaled), axis=-1, keepdims=True)
    shorter = min(scaled.shape[1:3])
    window_error = ops.average_pool(pixel_error, min(shorter, max(3, shorter // 7)), strides=1)
    errors = (ops.mean(pixel_error, axis=(1, 2, 3)), ops.max(window_error, axis=(1, 2, 3)), contrast)
    return {**outputs, **dict(zip(ERROR, errors, strict=True))}


def feature_extractor(model: JointAutoencoder) -> FeatureExtractor:
    """Return a function from a batch of uint8 images to their features; one graph serves every batch size."""
    inner = model_with_features(model)

    @tf.function(input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)], autograph=False)
    def extract(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = with_error(images, inner(images, training=False))
        return {name: value for name, value in outputs.items() if name in ("latent", "logits", *ERROR)}

    return extract


def features_and_labels(extract: FeatureExtractor, dataset: tf.data.Dataset) -> tuple[Features, np.ndarray]:
    """Return the features of a dataset's images, and their classes: int (n,), -1 where there is no label.

    Args:
        extract: the model's `feature_extractor`.
        dataset: elements as `model.fit` takes them, images first, then the targets by head, or images alone.

    Raises:
        RequestError: the dataset is empty, or has other elements.
    """
    batches: list[Features] = []
    labels: list[np.ndarray] = []
    for element in dataset:
        images, targets = (*element, {})[:2] if isinstance(element, tuple) else (element, {})
        rows: Any = targets.get("label", np.zeros((len(images), 1))) if isinstance(targets, Mapping) else None
        if np.ndim(images) != 4 or np.ndim(rows) != 2:
            components = element if isinstance(element, tuple) else (element,)
            raise RequestError(
                "rejection",
                expected=(
                    'datasets of batches of uint8 images (n, H, W, C), alone or with {"label": rows (n, num_classes)}'
                ),
                received=f"an element of {', '.join(_described(component) for component in components)}",
            )
        batches.append({name: value.numpy() for name, value in extract(images).items()})
        labels.append(np.where(np.any(rows, axis=1), np.argmax(rows, axis=1), -1))
    if not batches:
        raise RequestError("rejection", expected="images", received="a dataset without any")
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}, np.concatenate(labels)


def _described(component: Any) -> str:
    """Name the shapes in one component of a dataset's element."""
    if isinstance(component, Mapping):
        return "{" + ", ".join(f"{name!r}: {_described(value)}" for name, value in component.items()) + "}"
    return f"shape {tuple(component.shape)}" if hasattr(component, "shape") else type(component).__name__


def chosen(outputs: Mapping[str, Any], rejection: Rejection) -> dict[str, Any]:
    """Return the features among `outputs` that `rejection` takes."""
    return {name: outputs[name] for name in rejection.feature_names}


def predicted(features: Mapping[str, Any]) -> np.ndarray:
    """Return the most probable class of each image by its logits, int (n,)."""
    return np.asarray(features["logits"]).argmax(axis=-1)
