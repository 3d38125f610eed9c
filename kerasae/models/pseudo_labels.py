"""Pseudo-labels: a model's sure answers to clean images as labels of the corrupted ones."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasae")
class PseudoLabels:
    """Puts a model's sure answers in the place of missing labels.

    Where the answer is to the clean image and the label for a strongly corrupted one, this is FixMatch (Sohn et al.,
    arXiv 2001.07685), section 2.2.

    Args:
        threshold: the least probability of an answer that is taken for a label, in (0, 1].
        weight: of such a label in the label loss, above 0; class weights of the loss count as for any label.

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

    def __call__(self, answers: Any, rows: Any, weights: Any) -> tuple[Any, Any]:
        """Return labels and their weights with sure answers in them; `share` has how many of the missing ones.

        Args:
            answers: (batch, num_classes), probabilities; no gradient runs through what is made of them.
            rows: (batch, num_classes), one-hot or mixed labels; zero rows are missing ones.
            weights: (batch,), of the labels.
        """
        missing = ops.cast(ops.sum(rows, axis=-1) == 0, "float32")
        sure = self._sure(answers)
        self.share.update_state(sure, sample_weight=missing)
        taken = missing * sure
        guessed = ops.one_hot(ops.argmax(answers, axis=-1), rows.shape[-1])
        return rows + taken[:, None] * guessed, weights * (1.0 - missing) + self.weight * taken

    def count(self, answers: Any) -> None:
        """Count the sure ones of answers, (batch, num_classes), in `share` without making labels of them."""
        self.share.update_state(self._sure(answers))

    def _sure(self, answers: Any) -> Any:
        return ops.cast(ops.max(ops.cast(answers, "float32"), axis=-1) >= self.threshold, "float32")

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {"threshold": self.threshold, "weight": self.weight}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> PseudoLabels:
        """Make it from `get_config`'s result."""
        return cls(**config)
