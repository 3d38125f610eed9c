"""Learned loss weights: the noise of each head."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The factor of a head's loss in the negative log-likelihood: half the squared error, and the cross-entropy.
SCALE = {"reconstruction": 0.5, "label": 1.0}
# The errors of an untrained decoder are like uniform values in [0, 1], whose variance is 1/12.
START = {"reconstruction": math.log(1 / 12), "label": 0.0}


@keras.saving.register_keras_serializable("kerasae")
class UncertaintyWeights(keras.layers.Layer):
    """The log variance of the noise of each head, trained with the model: one cost for both tasks.

    Kendall, Gal and Cipolla, 2017, arXiv 1705.07115, equations 7 to 10. With log variance s, the reconstruction adds
    exp(-s) loss / 2 + s / 2, the negative log-likelihood of a pixel value under a Gaussian up to a constant, and the
    label adds exp(-s) loss + s / 2. At the minimum over s, the weight of a head falls as its loss rises. Exclude the
    variables from weight decay: `optimizer.exclude_from_weight_decay(var_names=["log_variance"])`.

    Args:
        heads: "reconstruction", "label" or both.

    Raises:
        ValueError: an unknown head.
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
        """Return the current factor of each head's loss."""
        return {head: SCALE[head] * ops.exp(-ops.convert_to_tensor(s)) for head, s in self.log_variances.items()}

    def call(self, losses: Mapping[str, Any], shares: Mapping[str, Any]) -> Any:
        """Return the joint cost.

        Args:
            losses: the loss of each head, averaged over the batch, a scalar.
            shares: the mean image weight of each head, a scalar; below 1 if some images have no label, since they carry
                no information about the noise of labels.
        """
        factors = self.weights_now()
        return sum(factors[head] * losses[head] + 0.5 * self.log_variances[head] * shares[head] for head in losses)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "heads": list(self.heads)}
