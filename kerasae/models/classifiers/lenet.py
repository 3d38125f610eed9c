"""The `lenet` classifier: the dense layers of LeNet-5."""

from __future__ import annotations

import keras

from kerasae.models.blocks import Count, Rate, Settings
from kerasae.models.conv_stack import GlobalPooling, convolution_stack
from kerasae.models.registries import CLASSIFIERS


@CLASSIFIERS.register("lenet")
def lenet(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    dense: list[Count] = [120, 84],  # noqa: B006 (read, never changed)
    dropout: Rate = 0.0,
    global_pooling: GlobalPooling = "none",
) -> keras.Model:
    """Build LeNet-5's two hidden layers, without batch normalization.

    Study E's remedies for overfitting are `dropout`, the model's `l1` and `l2`, and `global_pooling = "average"` with
    `dense = []` in place of the hidden layers.
    """
    return convolution_stack(
        *(latent_shape, num_classes, settings),
        filters=[],
        convolutions=0,
        dense=dense,
        dropout=dropout,
        global_pooling=global_pooling,
        normalize=False,
    )
