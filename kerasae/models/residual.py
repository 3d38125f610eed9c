"""Groups of residual blocks of the `residual` encoder and classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasae.models.blocks import Settings, activated, convolution, dropout
from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence


def residual_groups(x: Any, filters: Sequence[int], blocks: Sequence[int], settings: Settings, key: str) -> Any:
    """Apply a group for each width: a pooled convolution, then residual blocks of two convolutions.

    Pooling comes before batch normalization and activation, which then process a quarter of the values; both are
    monotonic (for a positive scale), so the maximum is the same.

    Raises:
        RequestError: `blocks` does not have one number for each width.
    """
    if len(blocks) != len(filters):
        raise RequestError(
            f"recipe: {key}.blocks",
            expected=f"one number of residual blocks for each of the {len(filters)} filters",
            received=f"{list(blocks)}",
        )
    for width, count in zip(filters, blocks, strict=True):
        x = keras.layers.Conv2D(width, 3, padding="same", use_bias=False, **settings.kernel)(x)
        if min(x.shape[1:3]) > 1:
            x = keras.layers.MaxPooling2D()(x)
        x = activated(x, settings, normalize=True)
        for _ in range(count):
            inner = convolution(convolution(x, width, 3, settings), width, 3, settings)
            x = keras.layers.Add()([x, inner])
        x = dropout(x, settings.dropout)
    return x
