"""Samples above their nearest training images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.report.style import INK, finish
from kerasae.report.tiles import Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.figure import Figure


def copies(samples: np.ndarray, training_images: np.ndarray, distances: Sequence[float], *, columns: int = 8) -> Figure:
    """Draw samples above their nearest training images.

    Args:
        samples: uint8 (n, H, W, C).
        training_images: uint8 (n, H, W, C), the nearest of each sample.
        distances: of each pair, root mean squared on [0, 1].
        columns: the number of pairs side by side.
    """
    tiles = Tiles.for_images(
        len(samples), samples.shape[1:], columns=columns, rows=2, left=0.06, right=0.06, above=0.22
    )
    for index, (sample, training_image, distance) in enumerate(zip(samples, training_images, distances, strict=True)):
        show(tiles.axes(index, 0), sample)
        show(tiles.axes(index, 1), training_image)
        tiles.caption(index, (f"{distance:.3f}", INK, "normal"))
    return finish(tiles.figure)
