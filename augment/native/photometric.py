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
_RED, _GREEN, _BLUE, _HALF = np.float32(19595), np.float32(38470), np.float32(7471), np.float32(32768)
_SHIFT = np.float32(2.0**-16)
_THIRTEENTH, _ROUND = np.float32(1 / 13), np.float32(0.5)


@inline
def _blend(degenerate: Any, value: Any, factor: Any) -> Any:
    mixed = degenerate + factor * (value - degenerate)
    return np.uint8(np.int32(min(max(mixed, _ZERO), _MOST)))


@inline
def _grey(red: Any, green: Any, blue: Any) -> Any:
    weighted = np.float32(red) * _RED + np.float32(green) * _GREEN + np.float32(blue) * _BLUE + _HALF
    return np.int32(weighted * _SHIFT)


@jit
def grey_means(images: Any) -> Any:
    """Mean grey level of each picture, rounded half up, float32 (n,); images uint8 (n, pixels, C)."""
    num, pixels, channels = images.shape
    means = np.empty(num, np.float32)
    for index in range(num):
        total = np.int64(0)
        if channels == 3:
            for pixel in range(pixels):
                total += _grey(images[index, pixel, 0], images[index, pixel, 1], images[index, pixel, 2])
        else:
            for pixel in range(pixels):
                total += images[index, pixel, 0]
        means[index] = np.int64(total / pixels + 0.5)
    return means


@jit
def blend_level(images: Any, levels: Any, factors: Any) -> Any:
    """Blend each picture with one level; images uint8 (n, bytes), levels and factors float32 (n,)."""
    out = np.empty_like(images)
    for index in range(images.shape[0]):
        level, factor = levels[index], factors[index]
        for place in range(images.shape[1]):
            out[index, place] = _blend(level, np.float32(images[index, place]), factor)
    return out


@jit
def blend_grey(images: Any, factors: Any) -> Any:
    """Blend each picture with its own grey version; images uint8 (n, H, W, 3), factors float32 (n,)."""
    num, height, width, channels = images.shape
    lines = images.reshape(num, height, width * channels)
    out = np.empty_like(lines)
    greys = np.empty(width * channels, np.float32)
    for index in range(num):
        factor = factors[index]
        for y in range(height):
            pixels, line, mixed = images[index, y], lines[index, y], out[index, y]
            for x in range(width):
                grey = np.float32(_grey(pixels[x, 0], pixels[x, 1], pixels[x, 2]))
                greys[3 * x] = grey
                greys[3 * x + 1] = grey
                greys[3 * x + 2] = grey
            for place in range(width * channels):  # a loop of its own, which vectorizes
                mixed[place] = _blend(greys[place], np.float32(line[place]), factor)
    return out


@jit
def blend_smooth(images: Any, factors: Any, channels: Any) -> Any:
    """Blend each picture with its smoothed version, borders kept; images uint8 (n, H, W * channels).

    Smoothed = round((sum of the 3x3 neighbours + 4 * centre) / 13). A thirteenth is never half-way between two
    integers, so that float32 rounds it as exact arithmetic would.
    """
    num, height, width = images.shape
    out = images.copy()
    columns = np.empty(width, np.float32)
    inner = width - 2 * channels
    for index in range(num):
        factor = factors[index]
        for y in range(1, height - 1 if inner > 0 else 0):
            above, here, below = images[index, y - 1], images[index, y], images[index, y + 1]
            for x in range(width):
                columns[x] = np.float32(above[x]) + np.float32(here[x]) + np.float32(below[x])
            # Views instead of `x - channels`, which would be checked for being negative and not vectorize.
            left, middle, right = columns[:inner], columns[channels:], columns[2 * channels :]
            centre, line = here[channels:], out[index, y, channels:]
            for x in range(inner):
                value = np.float32(centre[x])
                total = left[x] + middle[x] + right[x] + np.float32(4) * value
                smooth = np.float32(np.int32(total * _THIRTEENTH + _ROUND))
                line[x] = _blend(smooth, value, factor)
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
    sums = np.empty(256, np.float64)
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
            # Floor of a correctly rounded quotient of integers is the integer quotient; it vectorizes.
            for level in range(256):
                table[level] = np.uint8(np.int32(min(sums[level] / step, 255.0)))
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
    """Invert values from each picture's threshold on; images uint8 (n, bytes), thresholds int64 (n,) in [0, 256]."""
    out = np.empty_like(images)
    for index in range(images.shape[0]):
        threshold = np.int32(thresholds[index])
        for place in range(images.shape[1]):
            value = images[index, place]
            out[index, place] = value if np.int32(value) < threshold else np.uint8(255 - value)
    return out
