"""What each recipe reached, run by run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from kerasae.report.figures.style import INK, drawables, finish, look, new_figure, tidy

Panel = tuple[str, Sequence[Sequence[float]]]


def scores(names: Sequence[str], panels: Sequence[Panel]) -> Figure:
    """Draw a panel a measure: a bar from the mean minus to the mean plus a standard deviation, every run a point.

    The axes do not begin at zero, so that lengths tell of the spread and places of the value.

    Args:
        names: the recipes, from top to bottom.
        panels: title with the unit, and each recipe's values, of which there may be none.
    """
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(rows * (0.75 + 0.27 * len(names)), 2.0 + 3.6 * columns)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, (title, values) in zip(grid.flat, panels, strict=False):
        tidy(axes, grid="x")
        for place, runs in enumerate(values):
            if not len(runs):
                continue
            style = look(place)
            mean, deviation = np.mean(runs), np.std(runs, ddof=1) if len(runs) > 1 else 0.0
            axes.barh(place, 2 * deviation, 0.56, left=mean - deviation, color=style.colour, alpha=0.28, lw=0)
            axes.plot([mean, mean], [place - 0.36, place + 0.36], c=style.colour, lw=2.2)
            axes.scatter(runs, [place] * len(runs), 20, INK, marker=style.marker, alpha=0.75, lw=0, zorder=3)
        axes.set_title(title, fontsize=10, color=INK, loc="left")
        axes.use_sticky_edges = False
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.4g}"))
        axes.tick_params(axis="x", labelsize=8)
        axes.margins(x=0.12)
        axes.set_yticks(range(len(names)), drawables(names, 24), color=INK)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(names) - 0.5, -0.5)
    return finish(figure)
