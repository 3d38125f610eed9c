"""The objective over each parameter by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.experiments.search.figures.trial_style import ScoredTrials, legend, scatter
from kerasae.report.style import INK, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from kerasae.experiments.search.axes import Axis

COLUMNS = 3
MAX_CHARACTERS = 26  # of the tick labels of a panel, above which they are rotated


def slices(axes_of_parameters: Sequence[Axis], trials: ScoredTrials) -> Figure:
    """Draw a panel for each parameter, the objective upward; trials in which it is not active are left out."""
    columns = min(COLUMNS, len(axes_of_parameters))
    rows = -(-len(axes_of_parameters) // columns)
    figure = new_figure(0.5 + 2.1 * rows, max(5.2, 3.0 * columns))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for panel in grid.flat[len(axes_of_parameters) :]:
        panel.set_visible(False)
    for panel, axis in zip(grid.flat, axes_of_parameters, strict=False):
        tidy(panel)
        is_active = np.isfinite(axis.positions)
        scatter(panel, axis.positions[is_active], trials.subset(is_active))
        panel.set_xlim(-0.08, 1.08)
        is_crowded = sum(len(text) for _, text in axis.ticks) > MAX_CHARACTERS
        panel.set_xticks(
            [position for position, _ in axis.ticks],
            [drawable(text, 14) for _, text in axis.ticks],
            fontsize=7.5,
            rotation=25 if is_crowded else 0,
            ha="right" if is_crowded else "center",
        )
        panel.set_title(drawable(axis.label, 34), fontsize=9, color=INK, loc="left")
        panel.yaxis.set_major_locator(MaxNLocator(5))
        panel.tick_params(axis="y", labelsize=8)
    figure.supylabel(drawable(trials.objective, 40), fontsize=9, color=INK)
    legend(grid.flat[0])
    return finish(figure)
