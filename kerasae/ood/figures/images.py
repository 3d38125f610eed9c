"""Strangers that were let in, and where the most unusual ones were rebuilt badly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from kerasae.data.images import as_image_set
from kerasae.report.style import INK, VERMILLION, finish
from kerasae.report.tiles import Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

FULL = 0.5  # the error, on [0, 1], that a heatmap shows as brightest


def accepted(images: np.ndarray, answers: Sequence[str], scores: Sequence[float], *, columns: int = 5) -> Figure:
    """Draw strangers under what the model took them for, and their scores.

    Args:
        images: uint8 (n, H, W, C).
        answers: the class that was named, or "" without a softmax head.
        scores: their anomaly scores, 0 and up.
        columns: the images side by side.
    """
    above = 0.36 if any(answers) else 0.22
    tiles = Tiles.for_images(len(images), images.shape[1:], columns=columns, rows=1, left=0.06, right=0.06, above=above)
    for index, (image, answer, score) in enumerate(zip(images, answers, scores, strict=True)):
        show(tiles.axes(index), image)
        lines = [(answer, VERMILLION, "bold")] if answer else []
        tiles.caption(index, *lines, (f"{score:.1f}", INK, "normal"))
    return finish(tiles.figure)


def heatmaps(images: np.ndarray, rebuilt: np.ndarray, scores: Sequence[float], *, columns: int = 5) -> Figure:
    """Draw images, their reconstructions below, and below those where the two differ.

    Args:
        images: uint8 (n, H, W, C).
        rebuilt: float (n, H, W, C) in [0, 1].
        scores: their anomaly scores.
        columns: the images side by side.
    """
    tiles = Tiles.for_images(len(images), images.shape[1:], columns=columns, rows=3, left=0.06, right=0.06, above=0.22)
    for index, (image, copy, score) in enumerate(zip(images, rebuilt, scores, strict=True)):
        show(tiles.axes(index, 0), image)
        show(tiles.axes(index, 1), as_image_set(copy))
        show(tiles.axes(index, 2), heatmap(image, copy))
        tiles.caption(index, (f"{score:.1f}", INK, "normal"))
    return finish(tiles.figure)


def triptych(image: np.ndarray, rebuilt: np.ndarray) -> np.ndarray:
    """Return an image, its reconstruction and its heatmap side by side: uint8 (H, 3 W + 2, 3), grey lines between.

    Args:
        image: uint8 (H, W, C).
        rebuilt: float (H, W, C) in [0, 1].
    """
    copy = as_image_set(rebuilt)
    line = np.full((len(image), 1, 3), 128, np.uint8)
    first, second = (np.broadcast_to(pixels, (*image.shape[:2], 3)) for pixels in (image, copy))
    return np.concatenate([first, line, second, line, heatmap(image, rebuilt)], axis=1)


def heatmap(image: np.ndarray, rebuilt: np.ndarray) -> np.ndarray:
    """Return where a reconstruction misses its image: uint8 (H, W, 3), black for not at all, bright for much.

    The root of the mean squared error over channels, `FULL` and more as the brightest, in matplotlib's "inferno".
    """
    error = np.sqrt(np.mean(np.square(image / 255.0 - rebuilt), axis=-1))
    colours = matplotlib.colormaps["inferno"](np.clip(error / FULL, 0.0, 1.0))[..., :3]
    return as_image_set(colours)
