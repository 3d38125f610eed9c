"""Images with their nearest training images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.report.style import BLUE, INK, VERMILLION, finish
from kerasae.report.tiles import Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.figure import Figure


def neighbours(
    images: np.ndarray,
    captions: Sequence[tuple[str, str]],
    neighbour_images: Sequence[np.ndarray],
    neighbour_captions: Sequence[Sequence[str]],
    distances: Sequence[Sequence[float]],
) -> Figure:
    """Draw a row for each image: the image, framed, then its nearest neighbours with class and distance.

    Args:
        images: uint8 (n, H, W, C).
        captions: above each image, its class and a wrong prediction, "" for none.
        neighbour_images: uint8 (k, H, W, C) for each image, nearest first.
        neighbour_captions: above each neighbour.
        distances: of each neighbour from its image.
    """
    columns = 1 + max(map(len, neighbour_images))
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
        for rank, neighbour in enumerate(neighbour_images[row]):
            cell = row * columns + 1 + rank
            show(tiles.axes(cell), neighbour)
            lines = (neighbour_captions[row][rank], f"{distances[row][rank]:.3g}")
            tiles.caption(cell, *((line, INK, "normal") for line in lines))
    return finish(tiles.figure)
