"""Images and the training images nearest to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.report.figures.style import BLUE, INK, VERMILLION, finish
from kerasae.report.figures.tiles import Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.figure import Figure


def neighbours(
    images: np.ndarray,
    captions: Sequence[tuple[str, str]],
    near: Sequence[np.ndarray],
    near_captions: Sequence[Sequence[str]],
    distances: Sequence[Sequence[float]],
) -> Figure:
    """Draw a row an image: itself, framed, then its nearest neighbours with class and distance.

    Args:
        images: uint8 (n, H, W, C).
        captions: over each image its class, and what it was taken for where that is wrong.
        near: uint8 (k, H, W, C) for each image, nearest first.
        near_captions: over each neighbour.
        distances: of each neighbour.
    """
    columns = 1 + max(len(one) for one in near)
    tiles = Tiles.for_images(
        len(images) * columns, images.shape[1:], columns=columns, rows=1, left=0.06, right=0.06, above=0.36
    )
    for row, image in enumerate(images):
        axes = tiles.axes(row * columns)
        show(axes, image)
        axes.set_axis_on()
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set(color=BLUE, linewidth=2.5)
        tiles.caption(row * columns, (captions[row][0], BLUE, "bold"), (captions[row][1], VERMILLION, "normal"))
        for place, neighbour in enumerate(near[row], start=1):
            show(tiles.axes(row * columns + place), neighbour)
            lines = (near_captions[row][place - 1], f"{distances[row][place - 1]:.3g}")
            tiles.caption(row * columns + place, *((line, INK, "normal") for line in lines))
    return finish(tiles.figure)
