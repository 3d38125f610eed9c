"""Estimates of the statistics of batch normalization at the current weights."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.layers.batch_normalization import STEPS
from kerasae.utils.keras_internals import flatten_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# The most that an estimate reads: images, and bytes of uint8 pixels, which are kept in memory.
MOST_IMAGES = 1_024
MOST_BYTES = 64 * 2**20


def estimate(model: keras.Model, batches: Iterable[Any]) -> None:
    """Set the statistics of a model's batch normalization to those of `batches` at its current weights.

    "Precise batch normalization" (Wu and Johnson, 2021, arXiv 2105.07576, section 3): in training mode, the mean and
    variance of all batches together, E[var + mean^2] - E[mean]^2. Layers that do not learn, and those with `renorm`,
    are left alone; so are weights, seeds and counters.

    Args:
        model: any Keras model that is built.
        batches: inputs, or tuples that begin with them.
    """
    measure = compile_estimate(model)
    if measure is not None:
        measure([inputs_of(batch) for batch in batches])


def num_batches(batch_size: int, image_shape: tuple[int, ...]) -> int:
    """Return the number of batches of uint8 images for an estimate: enough for it, and cheap to keep and to read."""
    images = min(MOST_IMAGES, MOST_BYTES // int(np.prod(image_shape)))
    return max(1, images // batch_size)


def restart(model: keras.Model) -> None:
    """Restart the moving averages of `kerasae.layers.BatchNormalization` with the next batch.

    At the start of a phase they come from other weights or from other data.
    """
    for variable in model.variables:
        if is_count(variable):
            variable.assign(0.0)


def is_count(variable: Any) -> bool:
    """Return whether a variable counts the steps that moving averages have seen."""
    return getattr(variable, "name", None) == STEPS


def inputs_of(batch: Any) -> Any:
    """Return the inputs of a batch, which may be a tuple that begins with them."""
    return batch[0] if isinstance(batch, tuple) else batch


def compile_estimate(model: keras.Model) -> Callable[[list[Any]], None] | None:
    """Return `estimate` for a model as a function of the inputs, compiled once.

    Returns:
        None where no layer of the model needs an estimate.
    """
    layers = [
        layer
        for layer in flatten_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable and layer.built and not layer.renorm
    ]
    if not layers:
        return None
    forward = _compiled(model) if keras.backend.backend() == "tensorflow" else lambda x: model(x, training=True)

    def measure(inputs: list[Any]) -> None:
        state = [(variable, keras.ops.convert_to_numpy(variable)) for variable in model.non_trainable_variables]
        total, sums = 0, [(0.0, 0.0)] * len(layers)
        for batch in inputs:
            with _batch_statistics(layers):
                forward(batch)
            count = len(keras.tree.flatten(batch)[0])
            total += count
            for index, layer in enumerate(layers):
                mean, square = _moments(layer)
                sums[index] = (sums[index][0] + count * mean, sums[index][1] + count * square)
        for variable, value in state:
            variable.assign(value)
        for layer, (mean, square) in zip(layers, sums, strict=True):
            layer.moving_mean.assign(np.float32(mean / total))
            layer.moving_variance.assign(np.float32(np.maximum(square / total - (mean / total) ** 2, 0.0)))

    return measure


def _moments(layer: Any) -> tuple[Any, Any]:
    """Return mean and mean square, float64 (channels,), of the last batch."""
    mean, variance = (
        keras.ops.convert_to_numpy(value).astype(np.float64) for value in (layer.moving_mean, layer.moving_variance)
    )
    return mean, variance + mean**2


@contextlib.contextmanager
def _batch_statistics(layers: list[Any]) -> Iterator[None]:
    """Replace moving statistics by those of the last batch inside the block; a graph traced inside keeps doing so."""
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum


def _compiled(model: keras.Model) -> Any:
    """Return a forward pass in training mode as one graph; every replica gets the whole batch."""
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def forward(inputs: Any) -> None:
        model.distribute_strategy.run(lambda batch: model(batch, training=True), args=(inputs,))

    return forward
