"""Distances between class centroids, and the purity of nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasae.report.style import (
    FAINT,
    INK,
    drawables,
    finish,
    ink_on,
    look,
    magnitude,
    new_figure,
    tidy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from kerasae.exploration.measures import Purity

MAX_CLASSES_WITH_NUMBERS = 14


def centroids(distances: Sequence[Sequence[float | None]], class_names: Sequence[str]) -> Figure:
    """Draw the distances between class centroids as a matrix.

    Args:
        distances: relative to the spread within classes, None for a class without images.
        class_names: of the rows and columns.
    """
    values = np.array([[np.nan if value is None else value for value in row] for row in distances], float)
    np.fill_diagonal(values, np.nan)
    count = len(class_names)
    side = float(np.clip(1.2 + 0.42 * count, 3.0, 9.0))
    figure = new_figure(side, side + 0.5)
    axes = figure.subplots()
    image = axes.imshow(np.ma.masked_invalid(values), cmap=magnitude())
    names = drawables(class_names, 14)
    step = max(1, -(-count // 40))
    axes.set_xticks(range(0, count, step), names[::step], rotation=90 if max(map(len, names)) > 3 else 0, fontsize=8)
    axes.set_yticks(range(0, count, step), names[::step], fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if count <= MAX_CLASSES_WITH_NUMBERS:
        for row, column in np.argwhere(np.isfinite(values)):
            colour = tuple(np.ravel(image.cmap(image.norm(values[row, column]))))
            axes.text(
                column, row, f"{values[row, column]:.1f}", ha="center", va="center", fontsize=7.5, color=ink_on(colour)
            )
    bar = figure.colorbar(image, ax=axes, shrink=0.7)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)
    bar.set_label("centroid distance / spread within classes", fontsize=8, color=INK)
    return finish(figure)


def purities(by_space: Mapping[str, Purity], class_names: Sequence[str]) -> Figure:
    """Draw the purity of the nearest neighbours of each class, in several spaces.

    Args:
        by_space: by the title of the space.
        class_names: the names of the classes, in order.
    """
    figure = new_figure(1.0 + 0.3 * max(3, len(class_names)))
    axes = figure.subplots()
    tidy(axes, grid="x")
    positions = np.arange(len(class_names))
    for index, (title, purity) in enumerate(by_space.items()):
        style = look(index)
        values = [np.nan if value is None else 100 * value for value in purity.per_class]
        axes.plot(values, positions, ls="", marker=style.marker, color=style.colour, ms=6, label=title)
    chance = 100 * next(iter(by_space.values())).chance
    axes.axvline(chance, color=FAINT, lw=1, ls=(0, (3, 2)))
    axes.text(chance, -0.75, " chance", fontsize=7.5, color=FAINT, va="center")
    axes.set_yticks(positions, drawables(class_names, 18), fontsize=9)
    axes.set_ylim(len(class_names) - 0.4, -1.1)
    axes.set_xlim(0, 102)
    axes.set_xlabel("nearest neighbours of the same class (%)", fontsize=9)
    figure.legend(fontsize=8.5, frameon=False, loc="outside upper center", ncols=2)
    return finish(figure)
