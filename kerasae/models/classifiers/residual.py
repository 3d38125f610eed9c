"""The `residual` classifier: groups of residual blocks, then the largest response of each channel."""

from __future__ import annotations

import dataclasses

import keras

from kerasae.models.blocks import Count, Rate, Repeats, Settings
from kerasae.models.blocks import dropout as drop
from kerasae.models.blocks import logits as logits_of
from kerasae.models.registries import CLASSIFIERS
from kerasae.models.residual import residual_groups

# Max pooling gives large values; unscaled logits would saturate the softmax at the high learning rates that suit the
# other layers (Page, "How to train your ResNet", 2018, part 4).
LOGIT_SCALE = 0.125


@CLASSIFIERS.register("residual")
def residual(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    filters: list[Count] = [256],  # noqa: B006 (read, never changed)
    blocks: Repeats = [1],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.0,
) -> keras.Model:
    """Build one group for each entry of `filters`, global max pooling, and the logits.

    A latent vector is mapped to the logits directly. Global max pooling needs few parameters and ignores positions.
    """
    plain = dataclasses.replace(settings, dropout=0.0)
    latent = x = keras.Input(latent_shape, name="latent")
    if len(latent_shape) == 3:
        x = residual_groups(x, filters, blocks, plain, "model.classifier")
        x = keras.layers.GlobalMaxPooling2D()(x)
    x = drop(x, dropout)
    logits = keras.layers.Rescaling(LOGIT_SCALE, name="scaled_logits")(logits_of(x, num_classes, plain))
    return keras.Model(latent, logits, name="classifier")
