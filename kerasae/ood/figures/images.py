"""Strangers that were let in, and where the most unusual ones were rebuilt badly."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kerasae.data.images import as_pictures
from kerasae.report.figures.style import INK, VERMILLION, finish
from kerasae.report.figures.tiles import Tiles, show

FULL = 0.5  # the error, on [0, 1], that a heatmap shows as brightest


def accepted(pictures: np.ndarray, answers: Sequence[str], scores: Sequence[float], *, columns: int = 5) -> Figure:
    """Draw strangers under what the model took them for, and their scores.

    Args:
        pictures: uint8 (n, H, W, C).
        answers: the class that was named, or "" without a softmax head.
        scores: their anomaly scores, 0 and up.
        columns: the pictures side by side.
    """
    above = 0.36 if any(answers) else 0.22
    tiles = Tiles.for_pictures(
        len(pictures), pictures.shape[1:], columns=columns, rows=1, left=0.06, right=0.06, above=above
    )
    for index, (picture, answer, score) in enumerate(zip(pictures, answers, scores, strict=True)):
        show(tiles.axes(index), picture)
        lines = [(answer, VERMILLION, "bold")] if answer else []
        tiles.caption(index, *lines, (f"{score:.1f}", INK, "normal"))
    return finish(tiles.figure)


def heatmaps(pictures: np.ndarray, rebuilt: np.ndarray, scores: Sequence[float], *, columns: int = 5) -> Figure:
    """Draw pictures, their reconstructions below, and below those where the two differ.

    Args:
        pictures: uint8 (n, H, W, C).
        rebuilt: float (n, H, W, C) in [0, 1].
        scores: their anomaly scores.
        columns: the pictures side by side.
    """
    tiles = Tiles.for_pictures(
        len(pictures), pictures.shape[1:], columns=columns, rows=3, left=0.06, right=0.06, above=0.22
    )
    for index, (picture, copy, score) in enumerate(zip(pictures, rebuilt, scores, strict=True)):
        show(tiles.axes(index, 0), picture)
        show(tiles.axes(index, 1), as_pictures(copy))
        show(tiles.axes(index, 2), heatmap(picture, copy))
        tiles.caption(index, (f"{score:.1f}", INK, "normal"))
    return finish(tiles.figure)


def triptych(picture: np.ndarray, rebuilt: np.ndarray) -> np.ndarray:
    """Return a picture, its reconstruction and its heatmap side by side: uint8 (H, 3 W + 2, 3), grey lines between.

    Args:
        picture: uint8 (H, W, C).
        rebuilt: float (H, W, C) in [0, 1].
    """
    copy = as_pictures(rebuilt)
    line = np.full((len(picture), 1, 3), 128, np.uint8)
    first, second = (np.broadcast_to(pixels, (*picture.shape[:2], 3)) for pixels in (picture, copy))
    return np.concatenate([first, line, second, line, heatmap(picture, rebuilt)], axis=1)


def heatmap(picture: np.ndarray, rebuilt: np.ndarray) -> np.ndarray:
    """Return where a reconstruction misses its picture: uint8 (H, W, 3), black for not at all, bright for much.

    The root of the mean squared error over channels, `FULL` and more as the brightest, in matplotlib's "inferno".
    """
    error = np.sqrt(np.mean(np.square(picture / 255.0 - rebuilt), axis=-1))
    colours = matplotlib.colormaps["inferno"](np.clip(error / FULL, 0.0, 1.0))[..., :3]
    return as_pictures(colours)
