"""A grid of images in named rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kerasae.report.style import INK, VERMILLION, drawable, finish
from kerasae.report.tiles import TINY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

WIDTH = 4.8  # inches
LETTER_WIDTH = 0.085  # inches, at 9 points
MAX_NAME = 14  # characters
GAP = 0.03  # inches


def sample_grid(
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    is_wrong: Sequence[np.ndarray] | None = None,
    *,
    columns: int,
    captions: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """Draw rows of images with a name beside each row.

    Args:
        rows: uint8 (n, H, W, C) each, n up to `columns`.
        names: beside the rows; "" for none.
        is_wrong: bool (n,) for each row, which images get a red frame; None frames none.
        columns: the maximum number of images side by side.
        captions: below each image, by row; None writes none.
    """
    longest = max((min(len(name), MAX_NAME) for name in names), default=0)
    left = 0.12 + LETTER_WIDTH * longest if longest else 0.06
    below = 0.16 if captions is not None else 0.0
    width = (WIDTH - left - 0.06) / columns
    height = width * float(np.clip(rows[0].shape[1] / rows[0].shape[2], 0.4, 1.6))
    total = len(rows) * (height + below) + 0.1
    figure = Figure((WIDTH, total), dpi=200, facecolor="white")
    # One pair of axes in inches for all images: a pair for each of hundreds of images would take seconds.
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for index, images in enumerate(rows):
        top = total - 0.05 - index * (height + below)
        if names[index]:
            name = drawable(names[index], MAX_NAME)
            axes.text(left - 0.08, top - height / 2, name, ha="right", va="center", fontsize=9, color=INK)
        for column, image in enumerate(images):
            x, y = left + column * width, top - height
            _draw_image(axes, image, (x + GAP / 2, x + width - GAP / 2, y + GAP / 2, y + height - GAP / 2))
            if is_wrong is not None and is_wrong[index][column]:
                corner, size = (x + GAP / 2, y + GAP / 2), (width - GAP, height - GAP)
                axes.add_patch(Rectangle(corner, *size, fill=False, ec=VERMILLION, lw=2.0, clip_on=False))
            if captions is not None:
                caption = drawable(captions[index][column], max(3, int(width / 0.075)))
                axes.text(x + width / 2, y - 0.02, caption, ha="center", va="top", fontsize=7.5, color=INK)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, total)
    return finish(figure)


def _draw_image(axes: Axes, image: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    """Draw a uint8 image (H, W, C) in an extent (left, right, bottom, top), in grey if it has one channel."""
    pixels = image[..., 0] if image.shape[-1] == 1 else image
    interpolation = "nearest" if max(image.shape[:2]) <= TINY else "auto"
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, extent=extent, aspect="auto", interpolation=interpolation)
