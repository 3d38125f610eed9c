"""A confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.ticker import PercentFormatter

from kerasae.report.style import INK, drawables, finish, ink_on, magnitude, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

MAX_CLASSES_WITH_COUNTS = 25  # with more classes, a cell is too small for a number
MAX_CLASSES_WITH_SHARES = 10  # with more classes, a cell is too small for a share below the number


def confusion(counts: np.ndarray, class_names: Sequence[str]) -> Figure:
    """Draw a confusion matrix: a cell holds the number of images, its colour is the share of the true class.

    Args:
        counts: int (num_classes, num_classes), rows true, columns predicted.
        class_names: the name of each class, in the same order.
    """
    counts = np.asarray(counts)
    num_classes = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cell = 0.46 if num_classes <= MAX_CLASSES_WITH_SHARES else 0.32 if num_classes <= MAX_CLASSES_WITH_COUNTS else 0.14
    side = max(3.0, cell * num_classes)
    small = num_classes > MAX_CLASSES_WITH_COUNTS
    size = 6 if small else 9
    names = drawables(class_names, 22 if small else 18)
    name_length = max(map(len, names)) * size * 0.62 / 72
    rotated = name_length > side / num_classes
    figure = new_figure(side + 0.35 + (name_length if rotated else 0.2), side + 1.25 + name_length)
    axes = figure.add_subplot()
    # On a square-root scale, a share of one in a hundred is visible beside a diagonal near one.
    norm = PowerNorm(0.5, 0.0, 1.0)
    colours = magnitude()
    image = axes.imshow(np.ma.masked_equal(shares, 0.0), cmap=colours, norm=norm)

    axes.set_xticks(range(num_classes), names, rotation=90 if rotated else 0, fontsize=size, color=INK)
    axes.set_yticks(range(num_classes), names, fontsize=size, color=INK)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(1, num_classes) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, num_classes) - 0.5, minor=True)
    axes.grid(which="minor", color="white", lw=0.4 if small else 1.2)
    axes.tick_params(which="minor", length=0)
    axes.set_xlabel("predicted", color=INK)
    axes.set_ylabel("true", color=INK)

    if not small:
        for row, column in zip(*np.nonzero(counts), strict=True):
            share = shares[row, column]
            text = f"{counts[row, column]}"
            text += f"\n{_percent(share)}" if num_classes <= MAX_CLASSES_WITH_SHARES else ""
            points = 8.0 if num_classes <= MAX_CLASSES_WITH_SHARES and len(text) < 10 else 6.5
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                fontsize=points,
                color=ink_on(colours(norm(share))),
                linespacing=1.15,
            )
    bar = figure.colorbar(image, ax=axes, shrink=0.75, pad=0.02, aspect=28, ticks=[0.01, 0.05, 0.25, 0.5, 1.0])
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bar.ax.tick_params(labelsize=8, length=2, labelcolor=INK)
    bar.ax.minorticks_off()
    bar.set_label("share of the true class", fontsize=9, color=INK)
    bar.outline.set_visible(False)
    return finish(figure)


def _percent(share: float) -> str:
    """Format a share so that only 1 reads 100% and only 0 reads 0%."""
    if 0.0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1.0 else f"{share:.0%}"
