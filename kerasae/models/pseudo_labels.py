"""Pseudo-labels: confident predictions for clean images as labels of their corrupted versions."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class PseudoLabels:
    """Replaces missing labels by a model's confident predictions.

    With predictions for clean images as labels of strongly corrupted ones this is FixMatch (Sohn et al., arXiv
    2001.07685), section 2.2.

    Args:
        threshold: the lowest probability of a prediction that becomes a label, in (0, 1].
        weight: the weight of such a label in the label loss, above 0; class weights apply as for any label.

    Raises:
        ValueError: a threshold or weight out of range.
    """

    def __init__(self, threshold: float = 0.95, weight: float = 1.0) -> None:
        if not (0 < threshold <= 1 and weight > 0):
            raise ValueError(
                "threshold, weight: expected a probability in (0, 1] and a number above 0. "
                f"Received: {threshold}, {weight}"
            )
        self.threshold = threshold
        self.weight = weight
        self.share = keras.metrics.Mean("pseudo_labelled")

    def __call__(self, probabilities: Any, rows: Any, weights: Any) -> tuple[Any, Any]:
        """Return labels and their weights with pseudo-labels filled in; `share` averages the share of filled labels.

        Args:
            probabilities: the predictions, (batch, num_classes); no gradient flows through the pseudo-labels.
            rows: one-hot or mixed labels, (batch, num_classes); a zero row is a missing label.
            weights: the weights of the labels, (batch,).
        """
        missing = ops.cast(ops.sum(rows, axis=-1) == 0, "float32")
        confident = self._is_confident(probabilities)
        self.share.update_state(confident, sample_weight=missing)
        filled = missing * confident
        predicted = ops.one_hot(ops.argmax(probabilities, axis=-1), rows.shape[-1])
        return rows + filled[:, None] * predicted, weights * (1.0 - missing) + self.weight * filled

    def count(self, probabilities: Any) -> None:
        """Add the confident predictions, (batch, num_classes), to `share` without making labels of them."""
        self.share.update_state(self._is_confident(probabilities))

    def _is_confident(self, probabilities: Any) -> Any:
        return ops.cast(ops.max(ops.cast(probabilities, "float32"), axis=-1) >= self.threshold, "float32")

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {"threshold": self.threshold, "weight": self.weight}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> PseudoLabels:
        """Create it from its config."""
        return cls(**config)
