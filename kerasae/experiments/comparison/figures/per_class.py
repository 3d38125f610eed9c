"""The accuracy of each recipe in each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from kerasae.report.style import HAIRLINE, INK, drawables, finish, look, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

WIDTH = 9.0  # inches


def per_class(accuracies: Mapping[str, Mapping[str, tuple[float, float]]], names: Sequence[str]) -> Figure:
    """Draw a row for each class with each recipe's mean accuracy, and one standard deviation on each side.

    Args:
        accuracies: by recipe and class, the mean and standard deviation of the accuracy.
        names: all recipes, whose order determines their colours; those without accuracies are left out.
    """
    shown = [(index, name) for index, name in enumerate(names) if name in accuracies]
    classes = list(dict.fromkeys(class_name for _, name in shown for class_name in accuracies[name]))
    step = 0.8 / len(shown)
    class_height = float(np.clip(0.085 * len(shown) + 0.1, 0.24, 0.9))
    legend_rows = -(-len(shown) // 3)
    figure = new_figure(0.8 + 0.22 * legend_rows + class_height * len(classes), WIDTH)
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    for order, (index, name) in enumerate(shown):
        style = look(index)
        by_class = accuracies[name]
        heights = [row - 0.4 + step * (order + 0.5) for row, each in enumerate(classes) if each in by_class]
        means = np.array([by_class[each][0] for each in classes if each in by_class])
        deviations = np.array([by_class[each][1] for each in classes if each in by_class])
        label = drawables([name], 24)[0]
        axes.hlines(
            heights,
            np.maximum(means - deviations, 0.0),
            np.minimum(means + deviations, 1.0),
            color=style.colour,
            lw=1.4,
            alpha=0.6,
        )
        axes.plot(means, heights, style.marker, c=style.colour, ms=5, mec="white", mew=0.5, label=label)
    for edge in range(1, len(classes)):
        axes.axhline(edge - 0.5, color=HAIRLINE, lw=0.8)
    axes.set_yticks(range(len(classes)), drawables(classes, 20), fontsize=9 if len(classes) <= 25 else 7, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(classes) - 0.5, -0.5)
    axes.set_xlim(right=1.005)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    axes.set_xlabel("accuracy", color=INK)
    figure.legend(loc="outside upper center", ncols=min(3, len(shown)), frameon=False, fontsize=9, labelcolor=INK)
    return finish(figure)
