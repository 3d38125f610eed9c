"""The losses, metrics and pseudo-labels that a joint model is compiled with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.losses import LabelLoss, ReconstructionLoss
from kerasae.metrics import LabelledAccuracy, LabelledMacroF1
from kerasae.models import PseudoLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    import numpy as np

    from kerasae.recipe import Head, LossRecipe, Phase


def losses(
    recipe: LossRecipe, heads: Sequence[Head], deviation: Sequence[float] | None, class_weights: np.ndarray
) -> dict[str, keras.losses.Loss]:
    """Return the loss of each head.

    Args:
        recipe: names and options of the losses.
        heads: that are trained.
        deviation: the standard deviation of each channel, of the scale on which the decoder works.
        class_weights: float (num_classes,).
    """
    by_head: dict[str, keras.losses.Loss] = {
        "reconstruction": ReconstructionLoss(recipe.reconstruction, deviation),
        "label": LabelLoss(recipe.label, class_weights.tolist(), recipe.label_smoothing),
    }
    return {head: by_head[head] for head in heads}


def metrics(heads: Sequence[Head], num_classes: int) -> dict[Head, list[keras.metrics.Metric]]:
    """Return accuracy and macro-F1 for the label head, named as in the history; nothing without a label head."""
    if "label" not in heads:
        return {}
    prefix = "" if len(heads) > 1 else "label_"  # Keras adds the output's name where there are several
    return {"label": [LabelledAccuracy(f"{prefix}accuracy"), LabelledMacroF1(num_classes, f"{prefix}macro_f1")]}


def pseudo_labels(phase: Phase) -> PseudoLabels | None:
    """Return the pseudo-labels of a phase, if it uses any."""
    return None if phase.pseudo_labels is None else PseudoLabels(**phase.pseudo_labels.model_dump())
