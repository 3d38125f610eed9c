"""The `lenet` classifier: the dense layers of LeNet-5."""

from __future__ import annotations

import keras

from kerasae.models.classifiers.mlp import mlp
from kerasae.models.parts import CLASSIFIERS, Count, Rate, Settings


@CLASSIFIERS.register("lenet")
def lenet(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    dense: list[Count] = [120, 84],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.0,
) -> keras.Model:
    """Build LeNet-5's two hidden layers, without batch normalization."""
    return mlp(latent_shape, num_classes, settings, dense=dense, dropout=dropout, normalize=False)
