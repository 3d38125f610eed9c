"""The same images as each recipe rebuilds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from kerasae.data.images import as_image_set
from kerasae.report.style import FAINT, INK, drawable, finish
from kerasae.report.tiles import show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL = 1.75  # inches, for names on the left
CELL = 0.72
GAP = 0.02


def side_by_side(
    image_set: np.ndarray, rebuilt: Mapping[str, np.ndarray], errors: Mapping[str, float], captions: Sequence[str]
) -> Figure:
    """Draw the images in the first row, and below in a row a recipe what it makes of them.

    Args:
        images: uint8 (n, H, W, C).
        rebuilt: by recipe float (n, H, W, C) in [0, 1].
        errors: by recipe its mean squared error over all images.
        captions: a word over each image.
    """
    tall = CELL * float(np.clip(image_set.shape[1] / image_set.shape[2], 0.4, 1.6))
    rows = [("images", "", image_set)]
    rows += [(name, f"MSE {errors[name]:.5f}", as_image_set(images)) for name, images in rebuilt.items()]
    width, above = LABEL + CELL * len(image_set) + 0.05, 0.22
    height = above + tall * len(rows) + 0.08
    figure = Figure((width, height), dpi=200, facecolor="white")
    for row, (name, words, images) in enumerate(rows):
        bottom = height - above - (row + 1) * tall - (0.06 if row else 0.0)  # a little room below the originals
        middle = (bottom + tall / 2) / height
        x = (LABEL - 0.08) / width
        lift = 0.065 / height if words else 0.0
        figure.text(x, middle + lift, drawable(name, 22), ha="right", va="center", fontsize=9, color=INK)
        figure.text(x, middle - 0.085 / height, words, ha="right", va="center", fontsize=7, color=FAINT)
        for column, image in enumerate(images):
            box = ((LABEL + column * CELL + GAP) / width, (bottom + GAP) / height)
            axes = figure.add_axes((*box, (CELL - 2 * GAP) / width, (tall - 2 * GAP) / height))
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
