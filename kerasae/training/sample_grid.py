"""Grids of images with a gap between them."""

from __future__ import annotations

import math

import numpy as np

BACKGROUND = 255
GAP = 2  # pixels between images


def tiled(images: np.ndarray, columns: int) -> np.ndarray:
    """Return images, uint8 (n, H, W, C), as one grid on a white background, uint8 (h, w, C), without scaling."""
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    grid = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), BACKGROUND, np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (height + GAP), column * (width + GAP)
        grid[top : top + height, left : left + width] = image
    return grid


def untiled(grid: np.ndarray, image_shape: tuple[int, int, int]) -> np.ndarray:
    """Return the images of a full grid that `tiled` made, uint8 (rows, columns, H, W, C).

    Args:
        grid: uint8 (h, w, C), or (h, w) of one channel.
        image_shape: (H, W, C) of one image.
    """
    height, width, channels = image_shape
    pixels = grid.reshape(*grid.shape[:2], channels)
    padded = np.pad(pixels, ((0, GAP), (0, GAP), (0, 0)))
    rows, columns = padded.shape[0] // (height + GAP), padded.shape[1] // (width + GAP)
    cells = padded.reshape(rows, height + GAP, columns, width + GAP, channels).swapaxes(1, 2)
    return cells[:, :, :height, :width]
