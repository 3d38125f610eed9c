"""The kernel of Mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.native.jit import jit
from augment.native.noise import mixed


@jit
def blank(images: Any, keys: Any, side: Any, grid: Any, count: Any, fill: Any) -> Any:
    """Blank patches; images uint8 (n, H, W, C), keys uint64 (n,), grid (rows, columns) of patches `side` wide.

    Those `count` patches of each image go whose words, `draws.mix(key + place)`, are the smallest.
    """
    out = images.copy()
    height, width = images.shape[1:3]
    bits = np.empty(grid[0] * grid[1], np.uint64)
    for index in range(images.shape[0]):
        for patch in range(bits.size):
            bits[patch] = mixed(keys[index] + np.uint64(patch))
        order = np.argsort(bits, kind="mergesort")
        for patch in order[:count]:
            top, left = patch // grid[1] * side, patch % grid[1] * side
            out[index, top : min(top + side, height), left : min(left + side, width)] = fill
    return out
