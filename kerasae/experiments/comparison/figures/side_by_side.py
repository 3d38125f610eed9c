"""The same images and their reconstructions by each recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from kerasae.data.images import to_uint8
from kerasae.report.style import FAINT, INK, drawable, finish
from kerasae.report.tiles import show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL = 1.75  # inches, for names on the left
CELL = 0.72
GAP = 0.02


def side_by_side(
    originals: np.ndarray,
    reconstructions: Mapping[str, np.ndarray],
    errors: Mapping[str, float],
    captions: Sequence[str],
) -> Figure:
    """Draw the originals in the first row, and below them a row of reconstructions for each recipe.

    Args:
        originals: uint8 (n, H, W, C).
        reconstructions: by recipe, float (n, H, W, C) in [0, 1].
        errors: by recipe, the mean squared error over all images.
        captions: the text above each image.
    """
    cell_height = CELL * float(np.clip(originals.shape[1] / originals.shape[2], 0.4, 1.6))
    rows = [("images", "", originals)]
    rows += [(name, f"MSE {errors[name]:.5f}", to_uint8(images)) for name, images in reconstructions.items()]
    width, above = LABEL + CELL * len(originals) + 0.05, 0.22
    height = above + cell_height * len(rows) + 0.08
    figure = Figure((width, height), dpi=200, facecolor="white")
    for row, (name, error, images) in enumerate(rows):
        bottom = height - above - (row + 1) * cell_height - (0.06 if row else 0.0)  # a gap below the originals
        middle = (bottom + cell_height / 2) / height
        x = (LABEL - 0.08) / width
        lift = 0.065 / height if error else 0.0
        figure.text(x, middle + lift, drawable(name, 22), ha="right", va="center", fontsize=9, color=INK)
        figure.text(x, middle - 0.085 / height, error, ha="right", va="center", fontsize=7, color=FAINT)
        for column, image in enumerate(images):
            left_bottom = ((LABEL + column * CELL + GAP) / width, (bottom + GAP) / height)
            size = ((CELL - 2 * GAP) / width, (cell_height - 2 * GAP) / height)
            axes = figure.add_axes((*left_bottom, *size))
            axes.set_axis_off()
            show(axes, image)
    for column, caption in enumerate(captions):
        figure.text(
            (LABEL + (column + 0.5) * CELL) / width,
            (height - above + 0.04) / height,
            drawable(caption, 10),
            ha="center",
            fontsize=7.5,
            color=INK,
        )
    return finish(figure)
