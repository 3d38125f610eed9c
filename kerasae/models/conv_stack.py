"""The stack of convolution blocks and dense layers that most classifiers are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import keras

from kerasae.models import blocks
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasae.models.blocks import Settings

GlobalPooling = Literal["none", "average", "max"]


def convolution_stack(
    latent_shape: tuple[int, ...],
    num_classes: int,
    settings: Settings,
    *,
    filters: Sequence[int],
    convolutions: int,
    dense: Sequence[int],
    dropout: float,
    global_pooling: GlobalPooling = "none",
    pool: bool = True,
    normalize: bool = True,
) -> keras.Model:
    """Build blocks of 3x3 convolutions, each with max pooling while the map is larger than 1x1, then dense layers.

    A latent vector goes to the dense layers directly. The output is logits of shape (num_classes,).

    Raises:
        RequestError: global pooling of a latent that is not a map.
    """
    latent = keras.Input(latent_shape, name="latent")
    x = latent
    if len(latent_shape) == 3:
        for width in filters:
            for _ in range(convolutions):
                x = blocks.convolution(x, width, 3, settings, normalize=normalize)
            if pool and min(x.shape[1:3]) > 1:
                x = keras.layers.MaxPooling2D()(x)
            x = blocks.dropout(x, dropout)
    x = gathered(x, global_pooling)
    for units in dense:
        x = blocks.dropout(blocks.dense(x, units, settings, normalize=normalize), dropout)
    return keras.Model(latent, blocks.logits(x, num_classes, settings), name="classifier")


def gathered(x: Any, global_pooling: GlobalPooling) -> Any:
    """Map the last map to a vector: flattened, or the mean or maximum of each channel.

    Global average pooling (Lin, Chen and Yan, arXiv 1312.4400, section 3.2) has no weights that could overfit.

    Raises:
        RequestError: global pooling of a vector.
    """
    if global_pooling == "none":
        return x if len(x.shape) == 2 else keras.layers.Flatten()(x)
    if len(x.shape) != 4:
        raise RequestError(
            "model.classifier.global_pooling",
            expected="'none', since the latent is no map (height, width, channels)",
            received=f"{global_pooling!r} and a latent {tuple(x.shape[1:])}",
        )
    pooling = keras.layers.GlobalAveragePooling2D if global_pooling == "average" else keras.layers.GlobalMaxPooling2D
    return pooling()(x)
