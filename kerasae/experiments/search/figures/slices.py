"""What came of the trials against each parameter by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.experiments.search.figures.trial_style import Marks, legend, scatter
from kerasae.report.style import INK, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from kerasae.experiments.search.axes import Axis

COLUMNS = 3


def slices(axes_of: Sequence[Axis], marks: Marks) -> Figure:
    """Draw a panel a parameter, the objective upward, without the trials in which it is not varied."""
    columns = min(COLUMNS, len(axes_of))
    rows = -(-len(axes_of) // columns)
    figure = new_figure(0.5 + 2.1 * rows, max(5.2, 3.0 * columns))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for panel in grid.flat[len(axes_of) :]:
        panel.set_visible(False)
    for panel, one in zip(grid.flat, axes_of, strict=False):
        tidy(panel)
        varied = np.isfinite(one.places)
        place = None if marks.best is None or not varied[marks.best] else int(varied[: marks.best].sum())
        scatter(panel, one.places[varied], marks._replace(scores=marks.scores[varied], pruned=marks.pruned[varied],
                                                          best=place))  # fmt: skip
        panel.set_xlim(-0.08, 1.08)
        crowded = sum(len(text) for _, text in one.ticks) > 26
        panel.set_xticks(
            [height for height, _ in one.ticks],
            [drawable(text, 14) for _, text in one.ticks],
            fontsize=7.5,
            rotation=25 if crowded else 0,
            ha="right" if crowded else "center",
        )
        panel.set_title(drawable(one.label, 34), fontsize=9, color=INK, loc="left")
        panel.yaxis.set_major_locator(MaxNLocator(5))
        panel.tick_params(axis="y", labelsize=8)
    figure.supylabel(drawable(marks.objective, 40), fontsize=9, color=INK)
    legend(grid.flat[0])
    return finish(figure)
