"""How well each recipe recognises each class."""

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
    """Draw a row a class, in it each recipe's mean accuracy as a mark with a line of one standard deviation each way.

    Args:
        accuracies: by recipe and class the mean and standard deviation of the share that was named right.
        names: all recipes in order, which decides on their looks; those without accuracies are left out.
    """
    shown = [(index, name) for index, name in enumerate(names) if name in accuracies]
    classes = list(dict.fromkeys(one for _, name in shown for one in accuracies[name]))
    step = 0.8 / len(shown)
    height = float(np.clip(0.085 * len(shown) + 0.1, 0.24, 0.9))
    legend_rows = -(-len(shown) // 3)
    figure = new_figure(0.8 + 0.22 * legend_rows + height * len(classes), WIDTH)
    axes = figure.add_subplot()
    tidy(axes, grid="x")
    for order, (index, name) in enumerate(shown):
        style = look(index)
        found = accuracies[name]
        places = [place - 0.4 + step * (order + 0.5) for place, one in enumerate(classes) if one in found]
        means = np.array([found[one][0] for one in classes if one in found])
        spread = np.array([found[one][1] for one in classes if one in found])
        label = drawables([name], 24)[0]
        axes.hlines(
            places,
            np.maximum(means - spread, 0.0),
            np.minimum(means + spread, 1.0),
            color=style.colour,
            lw=1.4,
            alpha=0.6,
        )
        axes.plot(means, places, style.marker, c=style.colour, ms=5, mec="white", mew=0.5, label=label)
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
