"""Set and log the loss weights of each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kerasae.training.weight_schedules import Schedule


class LossWeights(keras.callbacks.Callback):
    """Sets the loss weights that have a schedule, and logs the weight of every loss term as `TERM_weight`.

    A learned or balanced weight is logged with its value at the end of the epoch. Works on any compiled
    `JointAutoencoder`. Must come before the callbacks that use its logs.

    Args:
        schedules: by term, the weight as a function of the epoch, counted from 0.

    Raises:
        ValueError: when training begins, if a scheduled term was not compiled with a `keras.Variable` as its weight.
    """

    def __init__(self, schedules: Mapping[str, Schedule] | None = None) -> None:
        super().__init__()
        self.schedules = dict(schedules or {})

    def on_train_begin(self, logs: Any = None) -> None:
        """Check that every scheduled weight is a variable."""
        for term in self.schedules:
            weight = self.model.term_weights.get(term)
            if not isinstance(weight, keras.Variable):
                raise ValueError(f"loss_weights[{term!r}]: expected a keras.Variable to schedule. Received: {weight!r}")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the weights of this epoch."""
        for term, schedule in self.schedules.items():
            self.model.term_weights[term].assign(schedule(epoch))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Log the weights."""
        if logs is not None:
            logs.update({f"{term}_weight": weight for term, weight in self.model.effective_weights().items()})
