"""The statistics of batch normalization, estimated at the current weights where few steps have averaged them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasae.layers.batch_normalization import STEPS
from kerasae.utils.keras_internals import flatten_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Steps until the moving averages (momentum 0.99: about the last hundred steps) are trusted: ten times what they cover.
FEW_STEPS = 1_000
# What an estimate costs at most: images, and bytes of uint8 pixels, which are kept in memory.
MOST_IMAGES = 1_024
MOST_BYTES = 64 * 2**20


class MovingStatistics(keras.callbacks.Callback):
    """Before each validation, estimates the statistics of batch normalization where few steps have averaged them.

    Moving averages hold batches that weights of earlier steps have computed. After few steps most of them are of that
    kind, and validation, `restore_best` and the trained model would answer by statistics of another network. This
    callback puts in their place those of training batches at the current weights (`estimate`). Beyond `few_steps` it
    does nothing: a long training is neither changed nor slowed.

    The batches are to be those of training, augmented and corrupted: the averages which they stand in for are of those
    too, and the weights have learned beside them. Works on any Keras model; must come before callbacks that keep
    weights.

    Args:
        batches: gives the batches, such as a `tf.data.Dataset`: inputs, or tuples that begin with them. They are read
            once, when first needed, and kept: the same at each epoch, wherever training was resumed.
        few_steps: steps of the optimizer up to which the averages are not trusted.
    """

    def __init__(self, batches: Iterable[Any], few_steps: int = FEW_STEPS) -> None:
        super().__init__()
        self.batches = batches
        self.few_steps = few_steps
        self._inputs: list[Any] = []
        self._trains = self._is_current = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Prepare the measurement, for the layers that learn now."""
        self._trains = True
        self._measure = _measurement(self.model)

    def on_train_end(self, logs: Any = None) -> None:
        """Leave validation outside of training alone."""
        self._trains = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note that the weights are about to change."""
        self._is_current = False

    def on_test_begin(self, logs: Any = None) -> None:
        """Estimate, before the validation of an epoch."""
        self._update()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Estimate, if there was no validation."""
        self._update()

    def _update(self) -> None:
        if self._is_current or not self._trains or self._measure is None:
            return
        self._is_current = True
        if int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)) <= self.few_steps:
            self._inputs = self._inputs or [_inputs(batch) for batch in self.batches]
            self._measure(self._inputs)


def estimate(model: keras.Model, batches: Iterable[Any]) -> None:
    """Set the statistics of a model's batch normalization to those of `batches` at its current weights.

    "Precise batch normalization" (Wu and Johnson, 2021, arXiv 2105.07576, section 3): in training mode, the mean and
    variance of all batches together, E[var + mean^2] - E[mean]^2. Layers that do not learn, and those with `renorm`,
    are left alone; so are weights, seeds and counters.

    Args:
        model: any Keras model that is built.
        batches: inputs, or tuples that begin with them.
    """
    measure = _measurement(model)
    if measure is not None:
        measure([_inputs(batch) for batch in batches])


def num_batches(batch_size: int, image_shape: tuple[int, ...]) -> int:
    """Return how many batches of uint8 images are enough for an estimate, and cheap."""
    images = min(MOST_IMAGES, MOST_BYTES // int(np.prod(image_shape)))
    return max(1, images // batch_size)


def restart(model: keras.Model) -> None:
    """Let the averages of `kerasae.layers.BatchNormalization` begin again with the next batch.

    At the start of a phase they are those of other weights' answers, or of other data.
    """
    for variable in model.variables:
        if is_count(variable):
            variable.assign(0.0)


def is_count(variable: Any) -> bool:
    """Tell whether a variable counts the steps that averages have seen."""
    return getattr(variable, "name", None) == STEPS


def _inputs(batch: Any) -> Any:
    return batch[0] if isinstance(batch, tuple) else batch


def _measurement(model: keras.Model) -> Callable[[list[Any]], None] | None:
    """Return what `estimate` does, compiled once; None where nothing is to be estimated."""
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
    """Make the moving statistics those of the last batch alone; a graph that is traced inside stays so."""
    before = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(layers, before, strict=True):
            layer.momentum = momentum


def _compiled(model: keras.Model) -> Any:
    """Return a training-mode pass as one graph; every replica sees the batch as it is."""
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def forward(inputs: Any) -> None:
        model.distribute_strategy.run(lambda batch: model(batch, training=True), args=(inputs,))

    return forward
