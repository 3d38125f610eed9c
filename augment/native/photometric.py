"""Kernels of the photometric transforms.

Pillow blends in float32: `degenerate + factor * (image - degenerate)`, cut off towards zero and clipped. Every
number up to that product is an integer below 2**24, so float32 holds it exactly and the loops may stay in float32,
which vectorizes best.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.native.jit import inline, jit

_ZERO = np.float32(0)
_MOST = np.float32(255)
_RED, _GREEN, _BLUE, _HALF = np.int32(19595), np.int32(38470), np.int32(7471), np.int32(32768)
_THIRTEENTH, _ROUND = np.uint32(5042), np.uint16(6)


@inline
def _blend(degenerate: Any, value: Any, factor: Any) -> Any:
    mixed = degenerate + factor * (value - degenerate)
    return np.uint8(np.int32(min(max(mixed, _ZERO), _MOST)))


@inline
def _grey(red: Any, green: Any, blue: Any) -> Any:
    return (np.int32(red) * _RED + np.int32(green) * _GREEN + np.int32(blue) * _BLUE + _HALF) >> 16


@jit
def grey_means(images: Any) -> Any:
    """Mean grey level of each image, rounded half up, float32 (n,); images uint8 (n, pixels, C)."""
    num, pixels, channels = images.shape
    means = np.empty(num, np.float32)
    for index in range(num):
        values = images[index].reshape(pixels * channels)  # one axis vectorizes best
        total = np.int64(0)
        if channels == 3:
            for pixel in range(pixels):
                total += _grey(values[3 * pixel], values[3 * pixel + 1], values[3 * pixel + 2])
        else:
            for pixel in range(pixels):
                total += values[pixel]
        means[index] = np.int64(total / pixels + 0.5)
    return means


@jit
def blend_level(images: Any, levels: Any, factors: Any) -> Any:
    """Blend each image with one level; images uint8 (n, bytes), levels and factors float32 (n,)."""
    out = np.empty_like(images)
    for index in range(images.shape[0]):
        level, factor = levels[index], factors[index]
        for position in range(images.shape[1]):
            out[index, position] = _blend(level, np.float32(images[index, position]), factor)
    return out


@jit
def blend_grey(images: Any, factors: Any) -> Any:
    """Blend each image with its own grey version; images uint8 (n, 3 * pixels), factors float32 (n,)."""
    num, size = images.shape
    out = np.empty_like(images)
    for index in range(num):
        factor, values, mixed = factors[index], images[index], out[index]
        for pixel in range(size // 3):
            red, green, blue = values[3 * pixel], values[3 * pixel + 1], values[3 * pixel + 2]
            grey = np.float32(_grey(red, green, blue))
            mixed[3 * pixel] = _blend(grey, np.float32(red), factor)
            mixed[3 * pixel + 1] = _blend(grey, np.float32(green), factor)
            mixed[3 * pixel + 2] = _blend(grey, np.float32(blue), factor)
    return out


@jit
def blend_smooth(images: Any, factors: Any, channels: Any) -> Any:
    """Blend each image with its smoothed version, borders kept; images uint8 (n, H, W * channels).

    Smoothed = round((sum of the 3x3 neighbours + 4 * centre) / 13), here (sum + 6) * 5042 >> 16, which is the same
    integer for every sum of pixels.
    """
    num, height, width = images.shape
    inner = width - 2 * channels
    if height < 3 or inner <= 0:
        return images.copy()
    out = np.empty_like(images)
    columns = np.empty(width, np.uint16)
    for index in range(num):
        factor = factors[index]
        out[index, 0], out[index, height - 1] = images[index, 0], images[index, height - 1]
        for y in range(1, height - 1):
            above, here, below = images[index, y - 1], images[index, y], images[index, y + 1]
            for x in range(width):
                columns[x] = np.uint16(above[x]) + np.uint16(here[x]) + np.uint16(below[x])
            # Views instead of `x - channels`, which would be checked for being negative and not vectorize.
            left, middle, right = columns[:inner], columns[channels:], columns[2 * channels :]
            centre, line = here[channels:], out[index, y, channels:]
            for x in range(inner):
                total = np.uint16(left[x] + middle[x] + right[x] + 4 * np.uint16(centre[x]) + _ROUND)
                smooth = np.int32(np.uint32(total) * _THIRTEENTH >> np.uint32(16))
                line[x] = _blend(np.float32(smooth), np.float32(centre[x]), factor)
            for x in range(channels):
                out[index, y, x], line[inner + x] = here[x], centre[inner + x]
    return out


@inline
def _count(image: Any, counts: Any) -> None:
    counts[:] = 0
    pixels, channels = image.shape
    if channels == 3:
        for pixel in range(pixels):
            counts[0, image[pixel, 0]] += 1
            counts[1, image[pixel, 1]] += 1
            counts[2, image[pixel, 2]] += 1
    else:
        for pixel in range(pixels):
            counts[0, image[pixel, 0]] += 1


@inline
def _look_up(image: Any, tables: Any, out: Any) -> None:
    pixels, channels = image.shape
    if channels == 3:
        for pixel in range(pixels):
            out[pixel, 0] = tables[0, image[pixel, 0]]
            out[pixel, 1] = tables[1, image[pixel, 1]]
            out[pixel, 2] = tables[2, image[pixel, 2]]
    else:
        for pixel in range(pixels):
            out[pixel, 0] = tables[0, image[pixel, 0]]


@jit
def equalize(images: Any) -> Any:
    """Equalize each channel's histogram as `ImageOps.equalize`; images uint8 (n, pixels, C)."""
    num, pixels, channels = images.shape
    out = np.empty_like(images)
    counts = np.empty((channels, 256), np.int32)
    tables = np.empty((channels, 256), np.uint8)
    sums = np.empty(256, np.int32)
    for index in range(num):
        _count(images[index], counts)
        for channel in range(channels):
            row, table = counts[channel], tables[channel]
            last = 255
            while row[last] == 0:
                last -= 1
            step = (pixels - row[last]) // 255
            if step == 0:
                for level in range(256):
                    table[level] = level
                continue
            total = step // 2
            for level in range(256):
                sums[level] = total
                total += row[level]
            # (sum + 1/2) / step is never nearer to an integer than 1/2 of 1/step: its floor is the integer quotient,
            # whatever a multiplication rounds.
            part = 1.0 / step
            for level in range(256):
                table[level] = np.uint8(np.int32(min((sums[level] + 0.5) * part, 255.0)))
        _look_up(images[index], tables, out[index])
    return out


@inline
def _cut(row: Any, cut: Any, start: Any, move: Any) -> None:
    level = start
    while 0 <= level < 256:
        removed = min(cut, row[level])
        row[level] -= removed
        cut -= removed
        if cut <= 0:
            break
        level += move


@jit
def autocontrast(images: Any, lows: Any, highs: Any) -> Any:
    """Stretch each channel as `ImageOps.autocontrast`; lows and highs float64 (n,), percent cut off at each end."""
    num, pixels, channels = images.shape
    out = np.empty_like(images)
    counts = np.empty((channels, 256), np.int32)
    tables = np.empty((channels, 256), np.uint8)
    for index in range(num):
        _count(images[index], counts)
        for channel in range(channels):
            row, table = counts[channel], tables[channel]
            _cut(row, np.int64(pixels * lows[index] // 100), 0, 1)
            _cut(row, np.int64(pixels * highs[index] // 100), 255, -1)
            low, high = 0, 255
            while low < 255 and row[low] == 0:
                low += 1
            while high > 0 and row[high] == 0:
                high -= 1
            if high <= low:
                for level in range(256):
                    table[level] = level
                continue
            scale = 255.0 / (high - low)
            offset = -low * scale
            for level in range(256):
                table[level] = np.uint8(np.int32(min(max(level * scale + offset, 0.0), 255.0)))
        _look_up(images[index], tables, out[index])
    return out


@jit
def solarize(images: Any, thresholds: Any) -> Any:
    """Invert values from each image's threshold on; images uint8 (n, bytes), thresholds int64 (n,) in [0, 256]."""
    out = np.empty_like(images)
    for index in range(images.shape[0]):
        threshold = np.int32(thresholds[index])
        for position in range(images.shape[1]):
            value = images[index, position]
            out[index, position] = value if np.int32(value) < threshold else np.uint8(255 - value)
    return out
