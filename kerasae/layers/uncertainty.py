"""Loss weights that are learned: the noise of each head."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Of a head's loss over its variance in the negative log-likelihood: half a squared error, and the cross-entropy.
SCALE = {"reconstruction": 0.5, "label": 1.0}
# A value drawn evenly from [0, 1], as an untrained decoder's pixels err, has a variance of 1/12.
START = {"reconstruction": math.log(1 / 12), "label": 0.0}


@keras.saving.register_keras_serializable("kerasae")
class UncertaintyWeights(keras.layers.Layer):
    """The log variance of each head's noise, learned along with the rest: one cost for both tasks.

    Kendall, Gal and Cipolla, 2017, arXiv 1705.07115, equations 7 to 10. With s the log variance, a head adds
    exp(-s) loss / 2 + s / 2 for the reconstruction, the negative log-likelihood of a pixel value under a Gaussian less
    a constant, and exp(-s) loss + s / 2 for the label. Each is least at an s that makes its weight fall as its loss
    rises. Keep weight decay away: `optimizer.exclude_from_weight_decay(var_names=["log_variance"])`.

    Args:
        heads: "reconstruction", "label" or both.

    Raises:
        ValueError: another head.
    """

    def __init__(self, heads: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "name": "uncertainty", **kwargs})
        if not heads or not set(heads) <= set(SCALE):
            raise ValueError(f"heads: expected some of {', '.join(SCALE)}. Received: {list(heads)}")
        self.heads = tuple(heads)
        self.log_variances = {
            head: self.add_weight(
                shape=(), initializer=keras.initializers.Constant(START[head]), name=f"{head}_log_variance"
            )
            for head in self.heads
        }
        self.built = True

    def weights_now(self) -> dict[str, Any]:
        """Return the factor of each head's loss."""
        return {head: SCALE[head] * ops.exp(-ops.convert_to_tensor(s)) for head, s in self.log_variances.items()}

    def call(self, losses: Mapping[str, Any], shares: Mapping[str, Any]) -> Any:
        """Return the joint cost.

        Args:
            losses: scalar loss of each head that has one, averaged over the batch.
            shares: scalar mean weight of the batch's images for each head, below 1 where some have no label: those
                say nothing about the noise of labels either.
        """
        factors = self.weights_now()
        return sum(factors[head] * losses[head] + 0.5 * self.log_variances[head] * shares[head] for head in losses)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "heads": list(self.heads)}
