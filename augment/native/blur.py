"""The kernel of GaussianBlur: box blurs whose ends count in part, three along each axis, rounded after each.

Pillow's fixed-point arithmetic: weights of 24 bits for the pixels inside the box and for the two at its ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.native.jit import inline, jit

_PASSES = 3
_HALF, _BITS = np.uint32(1 << 23), np.uint32(24)


@inline
def _box(lines: Any, out: Any, total: Any, radius: Any, inner: Any, outer: Any) -> None:
    """Blur along the first axis: lines and out uint8 (length, values), total uint32 (values,) for the running sums."""
    length, values = lines.shape
    last = length - 1
    for value in range(values):
        total[value] = np.uint32(lines[0, value]) * np.uint32(radius + 1)
    for position in range(radius):
        line = lines[min(position, last)]
        for value in range(values):
            total[value] += line[value]
    for position in range(length):
        # Beyond its ends the image goes on as its outermost pixels.
        left, right = lines[max(position - radius - 1, 0)], lines[min(position + radius, last)]
        beyond = lines[min(position + radius + 1, last)]
        target = out[position]
        for value in range(values):
            sum_ = total[value] + np.uint32(right[value]) - np.uint32(left[value])
            total[value] = sum_
            ends = np.uint32(left[value]) + np.uint32(beyond[value])
            target[value] = np.uint8((sum_ * inner + ends * outer + _HALF) >> _BITS)


@jit
def gaussian(images: Any, radii: Any, inner: Any, outer: Any) -> Any:
    """Blur images; images uint8 (n, H, W, C).

    Args:
        images: the images.
        radii: int64 (n,), whole pixels of each box on either side; -1 leaves the image as it is.
        inner, outer: uint32 (n,), weights of a pixel inside the box and of the two just beyond, in 1 / 2**24.
    """
    num, height, width, channels = images.shape
    result = np.empty_like(images)
    across = np.empty((width, height * channels), np.uint8)
    across_too = np.empty_like(across)
    down, down_too = np.empty((height, width * channels), np.uint8), np.empty((height, width * channels), np.uint8)
    total = np.empty(max(height, width) * channels, np.uint32)
    for index in range(num):
        if radii[index] < 0:
            result[index] = images[index]
            continue
        for row in range(height):
            for column in range(width):
                for channel in range(channels):
                    across[column, row * channels + channel] = images[index, row, column, channel]
        for _ in range(_PASSES):
            _box(across, across_too, total, radii[index], inner[index], outer[index])
            across, across_too = across_too, across
        for row in range(height):
            for column in range(width):
                for channel in range(channels):
                    down[row, column * channels + channel] = across[column, row * channels + channel]
        for _ in range(_PASSES):
            _box(down, down_too, total, radii[index], inner[index], outer[index])
            down, down_too = down_too, down
        result[index] = down.reshape(height, width, channels)
    return result
