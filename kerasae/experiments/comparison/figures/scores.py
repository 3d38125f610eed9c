"""The scores of each recipe's runs, with mean and standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerasae.experiments.comparison.figures.strip_plot import strip_plot
from kerasae.report.style import INK, finish, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Panel = tuple[str, Sequence[Sequence[float]]]


def scores(names: Sequence[str], panels: Sequence[Panel]) -> Figure:
    """Draw a panel for each measure: a bar of one standard deviation on each side of the mean, and a mark for each run.

    The axes do not begin at zero: the position of a bar shows the value, its length the spread.

    Args:
        names: the recipes, from top to bottom.
        panels: title with unit, and each recipe's values, of which there may be none.
    """
    figure, all_axes = strip_plot(names, [title for title, _ in panels], "{x:.4g}")
    for axes, (_, values_by_recipe) in zip(all_axes, panels, strict=True):
        for row, values in enumerate(values_by_recipe):
            if not len(values):
                continue
            style = look(row)
            mean, deviation = np.mean(values), np.std(values, ddof=1) if len(values) > 1 else 0.0
            axes.barh(row, 2 * deviation, 0.56, left=mean - deviation, color=style.colour, alpha=0.28, lw=0)
            axes.plot([mean, mean], [row - 0.36, row + 0.36], c=style.colour, lw=2.2)
            axes.scatter(values, [row] * len(values), 20, INK, marker=style.marker, alpha=0.75, lw=0, zorder=3)
    return finish(figure)
