"""Pictures that the model was sure of, and wrong about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kerasae.report.figures.style import INK, VERMILLION, finish
from kerasae.report.figures.tiles import Tiles, show


def mistakes(
    pictures: np.ndarray,
    true: Sequence[str],
    predicted: Sequence[str],
    probabilities: Sequence[float],
    *,
    columns: int = 5,
) -> Figure:
    """Draw each picture under its true class, and the class that was predicted instead with its probability.

    Args:
        pictures: uint8 (n, H, W, C).
        true: the name of each picture's class.
        predicted: the name of the class that the model named.
        probabilities: of that class, in [0, 1].
        columns: the pictures side by side.
    """
    tiles = Tiles.for_pictures(
        len(pictures), pictures.shape[1:], columns=columns, rows=1, left=0.06, right=0.06, above=0.5
    )
    for index, (picture, right, wrong, probability) in enumerate(
        zip(pictures, true, predicted, probabilities, strict=True)
    ):
        show(tiles.axes(index), picture)
        tiles.caption(
            index, (right, INK, "bold"), (wrong, VERMILLION, "normal"), (f"{probability:.1%}", VERMILLION, "normal")
        )
    return finish(tiles.figure)
