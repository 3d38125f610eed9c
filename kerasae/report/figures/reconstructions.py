"""Images with their reconstructions and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from kerasae.data.images import to_uint8
from kerasae.report.style import INK, finish
from kerasae.report.tiles import TINY, Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

LARGEST_ERROR = 0.5  # the end of the colour scale, the same in every figure so that runs can be compared
ROWS = ("image", "reconstruction", "error")


def reconstructions(
    images: np.ndarray, reconstructed: np.ndarray, captions: Sequence[Sequence[str]], *, columns: int = 5
) -> Figure:
    """Draw each image, its reconstruction and the absolute error below each other.

    Args:
        images: uint8 (n, H, W, C).
        reconstructed: float (n, H, W, C) in [0, 1].
        captions: up to two lines of text above each image.
        columns: the number of images side by side.
    """
    tiles = Tiles.for_images(
        len(images), images.shape[1:], columns=columns, rows=len(ROWS), left=0.24, right=0.72, above=0.36
    )
    errors = np.abs(images / 255.0 - reconstructed).mean(axis=-1)  # over the channels
    norm = Normalize(0.0, LARGEST_ERROR)
    for index, caption in enumerate(captions):
        top, middle, bottom = (tiles.axes(index, row) for row in range(len(ROWS)))
        show(top, images[index])
        show(middle, to_uint8(reconstructed[index]))
        interpolation = "nearest" if max(images.shape[1:3]) <= TINY else "auto"
        bottom.imshow(errors[index], cmap="viridis", norm=norm, interpolation=interpolation)
        tiles.caption(index, *((line, INK, "normal") for line in caption))
        if index % columns == 0:
            for axes, name in zip((top, middle, bottom), ROWS, strict=True):
                size = min(8.0, tiles.cell[1] * 72 / (0.62 * len(ROWS[1])))
                axes.text(
                    -0.06,
                    0.5,
                    name,
                    transform=axes.transAxes,
                    rotation=90,
                    ha="right",
                    va="center",
                    fontsize=size,
                    c=INK,
                )
    width, height = tiles.figure.get_size_inches()
    length = min(height - 0.6, 3 * tiles.cell[1])
    box = ((width - 0.66) / width, (height - tiles.above - length) / height, 0.11 / width, length / height)
    bar = tiles.figure.colorbar(
        ScalarMappable(norm, matplotlib.colormaps["viridis"]), cax=tiles.figure.add_axes(box), extend="max"
    )
    bar.set_ticks([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    bar.ax.tick_params(labelsize=7, length=2, pad=2, labelcolor=INK)
    bar.set_label("absolute error", fontsize=7, color=INK)
    bar.outline.set_visible(False)
    return finish(tiles.figure)
