"""A `Rejection` beside its model: the features that it goes by, both in one pass, and its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from kerasae.files.reading import damaged
from kerasae.files.writing import written_whole
from kerasae.layers.rejection import ERROR, Rejection
from kerasae.models.archive import load_model
from kerasae.models.ood.feature_extractor import probe
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from kerasae.models.joint import JointAutoencoder

Features = dict[str, np.ndarray]


def extractor(model: JointAutoencoder) -> Callable[[Any], dict[str, Any]]:
    """Return what gives the features of a batch of uint8 images: one graph for every size of batch."""
    inner = probe(model)

    @tf.function(input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)], autograph=False)
    def extract(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = with_error(images, inner(images, training=False))
        return {name: value for name, value in outputs.items() if name in ("latent", "logits", *ERROR)}

    return extract


def features(extract: Callable[[Any], dict[str, Any]], dataset: tf.data.Dataset) -> tuple[Features, np.ndarray]:
    """Return what a rejection goes by, and the classes: int (n,), -1 where there is none.

    Args:
        extract: the model's `extractor`.
        dataset: elements as `model.fit` takes them, images first, then the targets by head, or images alone.

    Raises:
        RequestError: the dataset is empty, or of other elements.
    """
    gathered: list[dict[str, np.ndarray]] = []
    labels: list[np.ndarray] = []
    for element in dataset:
        images, targets = (*element, {})[:2] if isinstance(element, tuple) else (element, {})
        rows: Any = targets.get("label", np.zeros((len(images), 1))) if isinstance(targets, Mapping) else None
        if np.ndim(images) != 4 or np.ndim(rows) != 2:
            raise RequestError(
                "rejection",
                expected=(
                    'datasets of batches of uint8 images (n, H, W, C), alone or with {"label": rows (n, num_classes)}'
                ),
                received=(
                    "an element of "
                    f"{', '.join(_described(part) for part in (element if isinstance(element, tuple) else (element,)))}"
                ),
            )
        gathered.append({name: value.numpy() for name, value in extract(images).items()})
        labels.append(np.where(np.any(rows, axis=1), np.argmax(rows, axis=1), -1))
    if not gathered:
        raise RequestError("rejection", expected="images", received="a dataset without any")
    return {name: np.concatenate([batch[name] for batch in gathered]) for name in gathered[0]}, np.concatenate(labels)


def _described(part: Any) -> str:
    if isinstance(part, Mapping):
        return "{" + ", ".join(f"{name!r}: {_described(value)}" for name, value in part.items()) + "}"
    return f"shape {tuple(part.shape)}" if hasattr(part, "shape") else type(part).__name__


def save(rejection: Rejection, path: Path) -> None:
    """Write a rejection as a Keras model over its features, whole or not at all."""
    widths = {**dict.fromkeys(ERROR, ()), "latent": (rejection.latent_dim,), "logits": (rejection.num_classes,)}
    inputs = chosen({name: keras.Input(shape, name=name) for name, shape in widths.items()}, rejection)
    with written_whole(path) as temporary:
        keras.Model(inputs, rejection(inputs), name="rejection_of_features").save(temporary)


def load(path: Path) -> Rejection:
    """Read what `save` has written."""
    model = load_model(path)
    layers = [layer for layer in getattr(model, "layers", []) if isinstance(layer, Rejection)]
    if len(layers) != 1:
        raise damaged(path, "expected a rejection")
    return layers[0]


def guarded(model: keras.Model, rejection: Rejection | None = None) -> keras.Model:
    """Return `model` with the outputs of a rejection beside its heads, in one pass: a model like any other.

    `rejection` is the model's own if None; a model that has none either is returned as it is. The outputs are the
    heads, `latent`, `logits` where there is a softmax head, `ERROR` where there is a reconstruction (`with_error`), and
    what the rejection gives.
    """
    rejection = rejection or getattr(model, "rejection", None)
    if rejection is None:
        return model
    inner = probe(model)
    outputs = with_error(inner.input, inner.output)
    return keras.Model(inner.input, {**outputs, **rejection(chosen(outputs, rejection))}, name="guarded")


def with_error(images: Any, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Add, of each uint8 image and its reconstruction, `ERROR` (batch,) to the outputs of a probe.

    Mean squares on [0, 1]: of what the reconstruction misses, as a whole and in the square window, a seventh of the
    shorter side, where it misses most; and of the steps between neighbouring pixels.
    """
    if "reconstruction" not in outputs:
        return dict(outputs)
    scaled = ops.cast(images, "float32") / 255.0
    steps = (scaled[:, 1:] - scaled[:, :-1], scaled[:, :, 1:] - scaled[:, :, :-1])
    values = float(np.prod(scaled.shape[1:]))
    contrast = sum(ops.sum(ops.square(step), axis=(1, 2, 3)) for step in steps) / values
    missed = ops.mean(ops.square(outputs["reconstruction"] - scaled), axis=-1, keepdims=True)
    shorter = min(scaled.shape[1:3])
    windows = ops.average_pool(missed, min(shorter, max(3, shorter // 7)), strides=1)
    found = (ops.mean(missed, axis=(1, 2, 3)), ops.max(windows, axis=(1, 2, 3)), contrast)
    return {**outputs, **dict(zip(ERROR, found, strict=True))}


def chosen(outputs: Mapping[str, Any], rejection: Rejection) -> dict[str, Any]:
    """Return the features among `outputs` that `rejection` takes."""
    return {name: outputs[name] for name in rejection.feature_names}


def predicted(features: Mapping[str, Any]) -> np.ndarray:
    """Return the most probable class of each image, int (n,), by its logits."""
    return np.asarray(features["logits"]).argmax(axis=-1)
