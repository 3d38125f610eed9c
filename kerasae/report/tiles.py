"""A grid of image cells of a fixed size, which captions do not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from kerasae.report.style import drawable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

WIDTH = 4.4  # inches; narrower than other figures, so that captions are legible on a phone
FONT_SIZE = 7.5  # points, of captions
LETTER_WIDTH = 0.068  # inches, at that size
LINE_HEIGHT = 0.125  # inches, at that size
TINY = 64  # images up to this side are drawn without interpolation


@dataclass(frozen=True)
class Tiles:
    """Cells of one size on a figure, in blocks of `rows` cells below each other.

    Attributes:
        figure: of matplotlib.
        columns: the number of cells side by side.
        rows: the number of cells of a block, such as 2 for an image above its reconstruction.
        left: the left margin, in inches.
        right: the right margin, in inches.
        above: the height of the captions above a block, in inches.
        cell: the width and height of a cell, in inches.
    """

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
        """Create a figure for `count` blocks of `rows` images, with `above` inches for a caption above each."""
        width = (WIDTH - left - right) / columns
        # An image of an extreme aspect ratio is drawn inside a cell of a moderate one.
        cell = width, width * float(np.clip(image_shape[0] / image_shape[1], 0.4, 1.6))
        blocks = -(-count // columns)
        height = blocks * (rows * cell[1] + above) + 0.06
        return cls(Figure((WIDTH, height), dpi=200, facecolor="white"), columns, rows, left, right, above, cell)

    def axes(self, index: int, row: int = 0) -> Axes:
        """Return the axes of a cell: of the block at `index`, in the row `row` of it."""
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
        """Write lines of (text, colour, weight) above the block at `index`, each cut to the width of a cell."""
        block, column = divmod(index, self.columns)
        width, height = self.figure.get_size_inches()
        bottom = height - block * (self.rows * self.cell[1] + self.above) - self.above
        for line, (text, colour, weight) in enumerate(reversed(lines)):
            letter_width = LETTER_WIDTH * (1.12 if weight == "bold" else 1.0)
            self.figure.text(
                (self.left + (column + 0.5) * self.cell[0]) / width,
                (bottom + 0.03 + line * LINE_HEIGHT) / height,
                drawable(text, max(4, int(self.cell[0] / letter_width))),
                ha="center",
                va="bottom",
                fontsize=FONT_SIZE,
                color=colour,
                weight=weight,
            )


def show(axes: Axes, image: np.ndarray) -> None:
    """Draw a uint8 image (H, W, C), in grey if it has one channel."""
    interpolation = "nearest" if max(image.shape[:2]) <= TINY else "auto"
    if image.shape[-1] == 1:
        axes.imshow(image[..., 0], cmap="gray", vmin=0, vmax=255, interpolation=interpolation)
    else:
        axes.imshow(image, interpolation=interpolation)
