"""Accepted OOD images, and heatmaps of reconstruction errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from kerasae.data.images import to_uint8
from kerasae.report.style import INK, VERMILLION, finish
from kerasae.report.tiles import Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

BRIGHTEST_ERROR = 0.5  # on [0, 1]: this error and larger ones are brightest in a heatmap


def accepted(images: np.ndarray, predicted: Sequence[str], scores: Sequence[float], *, columns: int = 5) -> Figure:
    """Draw images with the predicted class and the anomaly score above each.

    Args:
        images: uint8 (n, H, W, C).
        predicted: the predicted class of each image, or "" without a softmax head.
        scores: the anomaly scores, 0 and up.
        columns: the number of images side by side.
    """
    above = 0.36 if any(predicted) else 0.22
    tiles = Tiles.for_images(len(images), images.shape[1:], columns=columns, rows=1, left=0.06, right=0.06, above=above)
    for index, (image, name, score) in enumerate(zip(images, predicted, scores, strict=True)):
        show(tiles.axes(index), image)
        lines = [(name, VERMILLION, "bold")] if name else []
        tiles.caption(index, *lines, (f"{score:.1f}", INK, "normal"))
    return finish(tiles.figure)


def heatmaps(images: np.ndarray, reconstructions: np.ndarray, scores: Sequence[float], *, columns: int = 5) -> Figure:
    """Draw images, their reconstructions below, and below those the heatmaps of the errors.

    Args:
        images: uint8 (n, H, W, C).
        reconstructions: float (n, H, W, C) in [0, 1].
        scores: the anomaly scores.
        columns: the number of images side by side.
    """
    tiles = Tiles.for_images(len(images), images.shape[1:], columns=columns, rows=3, left=0.06, right=0.06, above=0.22)
    for index, (image, reconstruction, score) in enumerate(zip(images, reconstructions, scores, strict=True)):
        show(tiles.axes(index, 0), image)
        show(tiles.axes(index, 1), to_uint8(reconstruction))
        show(tiles.axes(index, 2), heatmap(image, reconstruction))
        tiles.caption(index, (f"{score:.1f}", INK, "normal"))
    return finish(tiles.figure)


def triptych(image: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Return an image, its reconstruction and the heatmap side by side: uint8 (H, 3 W + 2, 3), grey lines between.

    Args:
        image: uint8 (H, W, C).
        reconstruction: float (H, W, C) in [0, 1].
    """
    line = np.full((len(image), 1, 3), 128, np.uint8)
    left, middle = (np.broadcast_to(pixels, (*image.shape[:2], 3)) for pixels in (image, to_uint8(reconstruction)))
    return np.concatenate([left, line, middle, line, heatmap(image, reconstruction)], axis=1)


def heatmap(image: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Return the reconstruction error of each pixel as a colour: uint8 (H, W, 3), black for none, bright for large.

    The error is the root mean square over channels; colours are those of matplotlib's "inferno".

    Args:
        image: uint8 (H, W, C).
        reconstruction: float (H, W, C) in [0, 1].
    """
    error = np.sqrt(np.mean(np.square(image / 255.0 - reconstruction), axis=-1))
    colours = matplotlib.colormaps["inferno"](np.clip(error / BRIGHTEST_ERROR, 0.0, 1.0))[..., :3]
    return to_uint8(colours)
