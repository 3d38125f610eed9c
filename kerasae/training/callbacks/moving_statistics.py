"""Estimate the statistics of batch normalization before each validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasae.training.moving_statistics import compile_estimate, inputs_of

if TYPE_CHECKING:
    from collections.abc import Iterable

# Steps until the moving averages are used: ten times what they cover (momentum 0.99: about the last hundred steps).
FEW_STEPS = 1_000


class MovingStatistics(keras.callbacks.Callback):
    """Estimates the statistics of batch normalization before each validation, as long as training has few steps.

    Moving averages cover batches that were computed by weights of earlier steps. After few steps these are most of
    them, and validation, `restore_best` and the trained model would use the statistics of another network. This
    callback replaces them by the statistics of training batches at the current weights (see `estimate`). After
    `few_steps` it does nothing, so that a long training is neither changed nor slowed.

    The batches should be augmented and corrupted as in training, because the moving averages are of such batches and
    the weights were trained beside them. Works on any compiled Keras model. Must come before callbacks that keep
    weights.

    Args:
        batches: an iterable of batches such as a `tf.data.Dataset`: inputs, or tuples that begin with them. They are
            read once, when first needed, and kept: every epoch uses the same ones, also after training was resumed.
        few_steps: steps of the optimizer up to which the statistics are estimated.
    """

    def __init__(self, batches: Iterable[Any], few_steps: int = FEW_STEPS) -> None:
        super().__init__()
        self.batches = batches
        self.few_steps = few_steps
        self._inputs: list[Any] = []
        self._is_training = self._is_current = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Compile the estimate for the layers that are trained now."""
        self._is_training = True
        self._estimate = compile_estimate(self.model)

    def on_train_end(self, logs: Any = None) -> None:
        """Note that a later validation is not part of training."""
        self._is_training = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note that the statistics are no longer current."""
        self._is_current = False

    def on_test_begin(self, logs: Any = None) -> None:
        """Estimate before the validation of an epoch."""
        self._update()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Estimate if there was no validation."""
        self._update()

    def _update(self) -> None:
        if self._is_current or not self._is_training or self._estimate is None:
            return
        self._is_current = True
        if int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)) <= self.few_steps:
            self._inputs = self._inputs or [inputs_of(batch) for batch in self.batches]
            self._estimate(self._inputs)
