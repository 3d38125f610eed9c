"""Kernels of the affine transforms: Pillow's arithmetic, step by step, as its rounding decides which pixel is taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.native.jit import inline, jit

_ONE = 65536.0


@inline
def _fixed(value: Any) -> Any:
    return np.int64(np.floor(value * _ONE + 0.5))


@inline
def _pixel(values: Any, position: Any, out: Any, target: Any, channels: Any) -> None:
    for channel in range(3 if channels == 3 else 1):  # a count that the compiler can unroll
        # Unsigned, as an index that may be negative is checked.
        out[np.uint64(target + channel)] = values[np.uint64(position + channel)]


@inline
def _run(values: Any, position: Any, out: Any, target: Any, size: Any) -> None:
    for step in range(size):
        out[np.uint64(target + step)] = values[np.uint64(position + step)]


@inline
def _steps(values: Any, shape: Any, matrix: Any, out: Any, columns: Any) -> None:
    """Nearest pixel of a scale and shift without rotation: Pillow adds up the coordinates in float64."""
    height, width, channels = shape
    first, end, unbroken = 0, 0, True
    x_in = matrix[2] + matrix[0] * 0.5
    for x in range(width):  # the same on every line; the pixels inside are one range of x
        if 0.0 <= x_in < width:
            columns[x] = np.int64(x_in)
            first = first if end else x
            unbroken = unbroken and (x == first or columns[x] == columns[x - 1] + 1)
            end = x + 1
        x_in += matrix[0]
    y_in = matrix[5] + matrix[4] * 0.5
    for y in range(height):
        if 0.0 <= y_in < height and end:
            source, target = np.int64(y_in) * width, y * width
            if unbroken:
                start, size = (source + columns[first]) * channels, (end - first) * channels
                _run(values, start, out, (target + first) * channels, size)
            else:
                for x in range(first, end):
                    _pixel(values, (source + columns[x]) * channels, out, (target + x) * channels, channels)
        y_in += matrix[4]


@inline
def _fixed_point(values: Any, shape: Any, matrix: Any, out: Any) -> None:
    """Nearest pixel of any other affine map: Pillow adds up the coordinates in 16.16 fixed point."""
    height, width, channels = shape
    across_x, across_y = _fixed(matrix[0]), _fixed(matrix[3])
    down_x, down_y = _fixed(matrix[1]), _fixed(matrix[4])
    start_x = _fixed(matrix[2] + matrix[0] * 0.5 + matrix[1] * 0.5)
    start_y = _fixed(matrix[5] + matrix[3] * 0.5 + matrix[4] * 0.5)
    for y in range(height):
        if across_x == 65536 and across_y == 0:  # a line moved by whole pixels
            shift, line = start_x >> 16, start_y >> 16
            first, end = max(0, -shift), min(width, width - shift)
            if 0 <= line < height and first < end:
                start, target = (line * width + first + shift) * channels, (y * width + first) * channels
                _run(values, start, out, target, (end - first) * channels)
        else:
            x_in, y_in = start_x, start_y
            for x in range(width):
                column, line = x_in >> 16, y_in >> 16
                if np.uint64(column) < np.uint64(width) and np.uint64(line) < np.uint64(height):
                    _pixel(values, (line * width + column) * channels, out, (y * width + x) * channels, channels)
                x_in += across_x
                y_in += across_y
        start_x += down_x
        start_y += down_y


@jit
def affine_nearest(images: Any, shape: Any, matrices: Any, fill: Any) -> Any:
    """`Image.transform(AFFINE, NEAREST)`; images uint8 (n, H * W * C), shape (H, W, C), matrices float64 (n, 6)."""
    out = np.full_like(images, fill)
    columns = np.empty(shape[1], np.int64)
    for index in range(images.shape[0]):
        matrix = matrices[index]
        if matrix[1] == 0.0 and matrix[3] == 0.0:
            _steps(images[index], shape, matrix, out[index], columns)
        else:
            _fixed_point(images[index], shape, matrix, out[index])
    return out


@inline
def _level(values: Any, position: Any) -> Any:
    return np.float64(values[np.uint64(position)])


@jit
def affine_bilinear(images: Any, shape: Any, matrices: Any, fill: Any) -> Any:
    """`Image.transform(AFFINE, BILINEAR)`; arguments as of `affine_nearest`. The result is cut off, not rounded."""
    height, width, channels = shape
    out = np.full_like(images, fill)
    for index in range(images.shape[0]):
        values, changed, matrix = images[index], out[index], matrices[index]
        for y in range(height):
            for x in range(width):
                x_in = matrix[0] * (x + 0.5) + matrix[1] * (y + 0.5) + matrix[2]
                y_in = matrix[3] * (x + 0.5) + matrix[4] * (y + 0.5) + matrix[5]
                if x_in < 0.0 or x_in >= width or y_in < 0.0 or y_in >= height:
                    continue
                x_in -= 0.5
                y_in -= 0.5
                column, line = np.int64(np.floor(x_in)), np.int64(np.floor(y_in))
                part_x, part_y = x_in - column, y_in - line
                left, right = max(column, 0) * channels, min(column + 1, width - 1) * channels
                top, bottom = max(line, 0) * width * channels, min(line + 1, height - 1) * width * channels
                target = (y * width + x) * channels
                for channel in range(3 if channels == 3 else 1):
                    first = _level(values, top + left + channel)
                    upper = first + (_level(values, top + right + channel) - first) * part_x
                    first = _level(values, bottom + left + channel)
                    lower = first + (_level(values, bottom + right + channel) - first) * part_x
                    changed[np.uint64(target + channel)] = np.uint8(np.int32(upper + (lower - upper) * part_y))
    return out


@jit
def mirror(images: Any) -> Any:
    """Exchange left and right; images uint8 (n, H, W, C). NumPy's reversed copy takes four times as long."""
    num, height, width, channels = images.shape
    out = np.empty_like(images)
    for index in range(num):
        for y in range(height):
            line, mirrored = images[index, y], out[index, y]
            if channels == 3:
                for x in range(width):
                    mirrored[width - 1 - x, 0] = line[x, 0]
                    mirrored[width - 1 - x, 1] = line[x, 1]
                    mirrored[width - 1 - x, 2] = line[x, 2]
            else:
                for x in range(width):
                    mirrored[width - 1 - x, 0] = line[x, 0]
    return out
