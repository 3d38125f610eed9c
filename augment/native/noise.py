"""The kernel of GaussianNoise."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.native.jit import inline, jit

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@inline
def mixed(word: Any) -> Any:
    """Return the word scrambled, as `draws.mix` does."""
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))


@jit
def add(images: Any, keys: Any, deviations: Any, quantiles: Any) -> Any:
    """Add noise; images uint8 (n, bytes), keys uint64 (n,), deviations float32 (n,), quantiles float32 (65536,).

    The word of four neighbouring values is `draws.mix(key + place // 4)`; each takes 16 of its bits.
    """
    num, size = images.shape
    out = np.empty_like(images)
    for index in range(num):
        deviation, key = deviations[index], keys[index]
        for start in range(0, size, 4):
            word = mixed(key + np.uint64(start >> 2))
            for position in range(start, min(start + 4, size)):
                noise = quantiles[np.int64(word & np.uint64(0xFFFF))] * deviation
                value = np.float32(images[index, position]) + noise + np.float32(0.5)
                out[index, position] = np.uint8(np.int32(min(max(value, np.float32(0)), np.float32(255))))
                word >>= np.uint64(16)
    return out
