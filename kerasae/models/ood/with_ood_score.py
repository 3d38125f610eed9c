"""A model with the outputs of its rejection beside its heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasae.models.ood.feature_extractor import chosen, model_with_features, with_error

if TYPE_CHECKING:
    from kerasae.models.trained import TrainedModel


def model_with_ood_score(trained: TrainedModel) -> keras.Model:
    """Return a model that gives predictions and out-of-distribution score in one pass.

    Input: uint8 (batch, height, width, channels). Outputs: the heads; `latent`; `logits` if there is a label head; the
    reconstruction errors (`with_error`) if there is a reconstruction; and the outputs of the rejection.

    Returns:
        The model itself if there is no rejection.
    """
    if trained.rejection is None:
        return trained.model
    inner = model_with_features(trained.model)
    outputs = with_error(inner.input, inner.output)
    scores = trained.rejection(chosen(outputs, trained.rejection))
    return keras.Model(inner.input, {**outputs, **scores}, name="model_with_ood_score")
