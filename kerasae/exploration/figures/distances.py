"""How far classes lie apart, and how pure the neighbourhoods of their images are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasae.report.figures.style import (
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

MOST_NUMBERS = 14


def centroids(distances: Sequence[Sequence[float | None]], class_names: Sequence[str]) -> Figure:
    """Draw the distances of class centres as a matrix.

    Args:
        distances: in units of the spread within classes, None where there is nothing to measure.
        class_names: of rows and columns.
    """
    values = np.array([[np.nan if one is None else one for one in row] for row in distances], float)
    np.fill_diagonal(values, np.nan)
    count = len(class_names)
    side = float(np.clip(1.2 + 0.42 * count, 3.0, 9.0))
    figure = new_figure(side, side + 0.5)
    axes = figure.subplots()
    shown = axes.imshow(np.ma.masked_invalid(values), cmap=magnitude())
    names = drawables(class_names, 14)
    every = max(1, -(-count // 40))
    axes.set_xticks(range(0, count, every), names[::every], rotation=90 if max(map(len, names)) > 3 else 0, fontsize=8)
    axes.set_yticks(range(0, count, every), names[::every], fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if count <= MOST_NUMBERS:
        for row, column in np.argwhere(np.isfinite(values)):
            colour = tuple(np.ravel(shown.cmap(shown.norm(values[row, column]))))
            axes.text(
                column, row, f"{values[row, column]:.1f}", ha="center", va="center", fontsize=7.5, color=ink_on(colour)
            )
    bar = figure.colorbar(shown, ax=axes, shrink=0.7)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8)
    bar.set_label("distance of centres / spread within classes", fontsize=8, color=INK)
    return finish(figure)


def purities(found: Mapping[str, Mapping[str, Any]], class_names: Sequence[str]) -> Figure:
    """Draw each class's share of nearest neighbours of the same class.

    Args:
        found: by name of the space, what `purity` returns.
        class_names: in order.
    """
    figure = new_figure(1.0 + 0.3 * max(3, len(class_names)))
    axes = figure.subplots()
    tidy(axes, grid="x")
    places = np.arange(len(class_names))
    for index, (name, one) in enumerate(found.items()):
        seen = look(index)
        values = [np.nan if value is None else 100 * value for value in one["per_class"]]
        axes.plot(values, places, ls="", marker=seen.marker, color=seen.colour, ms=6, label=name)
    chance = 100 * next(iter(found.values()))["chance"]
    axes.axvline(chance, color=FAINT, lw=1, ls=(0, (3, 2)))
    axes.text(chance, -0.75, " chance", fontsize=7.5, color=FAINT, va="center")
    axes.set_yticks(places, drawables(class_names, 18), fontsize=9)
    axes.set_ylim(len(class_names) - 0.4, -1.1)
    axes.set_xlim(0, 102)
    axes.set_xlabel("nearest neighbours of the same class, %", fontsize=9)
    figure.legend(fontsize=8.5, frameon=False, loc="outside upper center", ncols=2)
    return finish(figure)
