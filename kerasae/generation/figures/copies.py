"""The samples that are most like a training image, each above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.report.figures.style import INK, finish
from kerasae.report.figures.tiles import Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.figure import Figure


def copies(samples: np.ndarray, known: np.ndarray, distances: Sequence[float], *, columns: int = 8) -> Figure:
    """Draw samples above their nearest training images.

    Args:
        samples, known: uint8 (n, H, W, C).
        distances: between the two, root mean squared on [0, 1].
        columns: the pairs side by side.
    """
    tiles = Tiles.for_images(
        len(samples), samples.shape[1:], columns=columns, rows=2, left=0.06, right=0.06, above=0.22
    )
    for index, (sample, other, distance) in enumerate(zip(samples, known, distances, strict=True)):
        show(tiles.axes(index, 0), sample)
        show(tiles.axes(index, 1), other)
        tiles.caption(index, (f"{distance:.3f}", INK, "normal"))
    return finish(tiles.figure)
