"""A sheet of images in rows: a class a row, or a way from one end to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kerasae.report.figures.style import INK, VERMILLION, drawable, finish
from kerasae.report.figures.tiles import TINY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

WIDTH = 4.8  # inches
LETTER = 0.085  # inches, of a letter at 9 points
LONGEST_NAME = 14
GAP = 0.03


def sheet(
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    wrong: Sequence[np.ndarray] | None = None,
    *,
    columns: int,
    captions: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """Draw rows of images with a name beside each.

    Args:
        rows: uint8 (n, H, W, C) each, n up to `columns`.
        names: beside the rows; "" for none.
        wrong: bool (n,) a row: which images get a red frame; None frames none.
        columns: the most images side by side.
        captions: words under each image, a row each; None writes none.
    """
    longest = max((min(len(name), LONGEST_NAME) for name in names), default=0)
    left = 0.12 + LETTER * longest if longest else 0.06
    below = 0.16 if captions is not None else 0.0
    width = (WIDTH - left - 0.06) / columns
    height = width * float(np.clip(rows[0].shape[1] / rows[0].shape[2], 0.4, 1.6))
    total = len(rows) * (height + below) + 0.1
    figure = Figure((WIDTH, total), dpi=200, facecolor="white")
    # One pair of axes for all, in inches: a pair for each of hundreds of images would take seconds.
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for index, images in enumerate(rows):
        top = total - 0.05 - index * (height + below)
        if names[index]:
            name = drawable(names[index], LONGEST_NAME)
            axes.text(left - 0.08, top - height / 2, name, ha="right", va="center", fontsize=9, color=INK)
        for column, image in enumerate(images):
            x, y = left + column * width, top - height
            place(axes, image, (x + GAP / 2, x + width - GAP / 2, y + GAP / 2, y + height - GAP / 2))
            if wrong is not None and wrong[index][column]:
                corner, size = (x + GAP / 2, y + GAP / 2), (width - GAP, height - GAP)
                axes.add_patch(Rectangle(corner, *size, fill=False, ec=VERMILLION, lw=2.0, clip_on=False))
            if captions is not None:
                words = drawable(captions[index][column], max(3, int(width / 0.075)))
                axes.text(x + width / 2, y - 0.02, words, ha="center", va="top", fontsize=7.5, color=INK)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, total)
    return finish(figure)


def place(axes: Axes, image: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    """Draw a uint8 image (H, W, C) between left, right, bottom and top, grey where it has one channel."""
    pixels = image[..., 0] if image.shape[-1] == 1 else image
    interpolation = "nearest" if max(image.shape[:2]) <= TINY else "auto"
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, extent=extent, aspect="auto", interpolation=interpolation)
