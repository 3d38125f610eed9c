"""Misclassified images with their predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasae.report.style import INK, VERMILLION, finish
from kerasae.report.tiles import Tiles, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from matplotlib.figure import Figure


def mistakes(
    images: np.ndarray,
    true: Sequence[str],
    predicted: Sequence[str],
    probabilities: Sequence[float],
    *,
    columns: int = 5,
) -> Figure:
    """Draw each image under its true class, and the predicted class with its probability.

    Args:
        images: uint8 (n, H, W, C).
        true: the name of each image's true class.
        predicted: the name of each image's predicted class.
        probabilities: of the predicted class, in [0, 1].
        columns: the number of images side by side.
    """
    tiles = Tiles.for_images(len(images), images.shape[1:], columns=columns, rows=1, left=0.06, right=0.06, above=0.5)
    for index, (image, right, wrong, probability) in enumerate(
        zip(images, true, predicted, probabilities, strict=True)
    ):
        show(tiles.axes(index), image)
        tiles.caption(
            index, (right, INK, "bold"), (wrong, VERMILLION, "normal"), (f"{probability:.1%}", VERMILLION, "normal")
        )
    return finish(tiles.figure)
