"""Images laid out in a grid of fixed cells, so that none is squeezed by its neighbour's caption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from kerasae.report.figures.style import drawable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

WIDTH = 4.4  # inches; narrower than other figures, so that the captions stay legible on a phone
CAPTION = 7.5  # points; a letter and a line of that size in inches:
LETTER = 0.068
LINE = 0.125
TINY = 64  # up to this side, pixels are shown as the squares that they are


@dataclass(frozen=True)
class Tiles:
    """Cells of one size on a figure, all in inches; blocks of `rows` cells follow each other downwards."""

    figure: Figure
    columns: int
    rows: int
    left: float
    right: float
    above: float
    cell: tuple[float, float]

    @classmethod
    def for_images(
        cls, count: int, image_shape: Sequence[int], *, columns: int, rows: int, left: float, right: float, above: float
    ) -> Tiles:
        """Make a figure for `count` columns of `rows` images, with `above` inches for a caption over each."""
        width = (WIDTH - left - right) / columns
        # A very tall or flat image keeps its proportions inside a cell that is neither.
        cell = width, width * float(np.clip(image_shape[0] / image_shape[1], 0.4, 1.6))
        blocks = -(-count // columns)
        height = blocks * (rows * cell[1] + above) + 0.06
        return cls(Figure((WIDTH, height), dpi=200, facecolor="white"), columns, rows, left, right, above, cell)

    def axes(self, index: int, row: int = 0) -> Axes:
        """Return the cell of an image."""
        block, column = divmod(index, self.columns)
        width, height = self.figure.get_size_inches()
        top = height - block * (self.rows * self.cell[1] + self.above) - self.above - row * self.cell[1]
        gap = 0.03
        box = (self.left + column * self.cell[0] + gap, top - self.cell[1] + gap)
        axes = self.figure.add_axes(
            (box[0] / width, box[1] / height, (self.cell[0] - 2 * gap) / width, (self.cell[1] - 2 * gap) / height)
        )
        axes.set_axis_off()
        return axes

    def caption(self, index: int, *lines: tuple[str, str, str]) -> None:
        """Write lines of text, each with its colour and weight, over an image's first cell, as long as it is wide."""
        block, column = divmod(index, self.columns)
        width, height = self.figure.get_size_inches()
        bottom = height - block * (self.rows * self.cell[1] + self.above) - self.above
        for place, (text, colour, weight) in enumerate(reversed(lines)):
            letter = LETTER * (1.12 if weight == "bold" else 1.0)
            self.figure.text(
                (self.left + (column + 0.5) * self.cell[0]) / width,
                (bottom + 0.03 + place * LINE) / height,
                drawable(text, max(4, int(self.cell[0] / letter))),
                ha="center",
                va="bottom",
                fontsize=CAPTION,
                color=colour,
                weight=weight,
            )


def show(axes: Axes, image: np.ndarray) -> None:
    """Show a uint8 image (H, W, C), grey where it has one channel."""
    interpolation = "nearest" if max(image.shape[:2]) <= TINY else "auto"
    if image.shape[-1] == 1:
        axes.imshow(image[..., 0], cmap="gray", vmin=0, vmax=255, interpolation=interpolation)
    else:
        axes.imshow(image, interpolation=interpolation)
