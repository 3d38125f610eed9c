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
def _copy(image: Any, line: Any, column: Any, out: Any, y: Any, x: Any) -> None:
    out[y, x, 0] = image[line, column, 0]
    if image.shape[2] == 3:  # written out, as a loop over so few channels costs more than what it does
        out[y, x, 1] = image[line, column, 1]
        out[y, x, 2] = image[line, column, 2]


@inline
def _steps(image: Any, matrix: Any, out: Any) -> None:
    """Nearest pixel where only scale and shift are asked for: Pillow adds up the coordinates in float64."""
    height, width, _ = image.shape
    y_in = matrix[5] + matrix[4] * 0.5
    for y in range(height):
        x_in = matrix[2] + matrix[0] * 0.5
        for x in range(width):
            if 0.0 <= y_in < height and 0.0 <= x_in < width:
                _copy(image, np.int64(y_in), np.int64(x_in), out, y, x)
            x_in += matrix[0]
        y_in += matrix[4]


@inline
def _fixed_point(image: Any, matrix: Any, out: Any) -> None:
    """Nearest pixel of any other affine map: Pillow adds up the coordinates in 16.16 fixed point."""
    height, width, _ = image.shape
    across_x, across_y = _fixed(matrix[0]), _fixed(matrix[3])
    down_x, down_y = _fixed(matrix[1]), _fixed(matrix[4])
    start_x = _fixed(matrix[2] + matrix[0] * 0.5 + matrix[1] * 0.5)
    start_y = _fixed(matrix[5] + matrix[3] * 0.5 + matrix[4] * 0.5)
    for y in range(height):
        x_in, y_in = start_x, start_y
        for x in range(width):
            column, line = x_in >> 16, y_in >> 16
            if 0 <= column < width and 0 <= line < height:
                _copy(image, line, column, out, y, x)
            x_in += across_x
            y_in += across_y
        start_x += down_x
        start_y += down_y


@jit
def affine_nearest(images: Any, matrices: Any, fill: Any) -> Any:
    """`Image.transform(AFFINE, NEAREST)`; images uint8 (n, H, W, C), matrices float64 (n, 6), fill a level."""
    out = np.full_like(images, fill)
    for index in range(images.shape[0]):
        matrix = matrices[index]
        if matrix[1] == 0.0 and matrix[3] == 0.0:
            _steps(images[index], matrix, out[index])
        else:
            _fixed_point(images[index], matrix, out[index])
    return out


@inline
def _between(image: Any, top: Any, bottom: Any, left: Any, right: Any, channel: Any, x: Any, y: Any) -> Any:
    first = np.float64(image[top, left, channel])
    upper = first + (np.float64(image[top, right, channel]) - first) * x
    first = np.float64(image[bottom, left, channel])
    lower = first + (np.float64(image[bottom, right, channel]) - first) * x
    return np.uint8(np.int32(upper + (lower - upper) * y))


@jit
def affine_bilinear(images: Any, matrices: Any, fill: Any) -> Any:
    """`Image.transform(AFFINE, BILINEAR)`; arguments as of `affine_nearest`. The result is cut off, not rounded."""
    num, height, width, channels = images.shape
    out = np.full_like(images, fill)
    for index in range(num):
        image, matrix = images[index], matrices[index]
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
                left, right = max(column, 0), min(column + 1, width - 1)
                top, bottom = max(line, 0), min(line + 1, height - 1)
                for channel in range(3 if channels == 3 else 1):  # a count that the compiler can unroll
                    out[index, y, x, channel] = _between(image, top, bottom, left, right, channel, part_x, part_y)
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
