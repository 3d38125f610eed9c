"""The course of the objective in every trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.experiments.search.figures.trial_style import Marks, legend
from kerasae.report.axes import LOG_RATIO, logarithmic
from kerasae.report.style import BLUE, FAINT, INK, VERMILLION, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


def courses(values: Sequence[np.ndarray], marks: Marks) -> Figure:
    """Draw a line a trial over its epochs; a pruned one ends in a cross, the best one is red.

    Args:
        values: of the first run of each trial, float (epochs,), NaN in epochs without a value.
        marks: the same trials.
    """
    figure = new_figure(3.6, 9.0)
    axes = figure.add_subplot()
    tidy(axes)
    named: set[str] = set()
    for place, course in enumerate(values):
        epochs = np.flatnonzero(np.isfinite(course))
        if not len(epochs):
            continue
        best, pruned = place == marks.best, bool(marks.pruned[place])
        name = "the best" if best else "pruned" if pruned else "trained to the end"
        colour = VERMILLION if best else FAINT if pruned else BLUE
        axes.plot(
            epochs + 1,
            course[epochs],
            c=colour,
            lw=2.4 if best else 1.1,
            alpha=1.0 if best else 0.65,
            zorder=4 if best else 2,
            label="_" if name in named or (pruned and not best) else name,
            marker="o" if len(epochs) == 1 and not pruned else "",
            ms=3.5,
        )
        if pruned:
            label = "_" if name in named else name
            axes.scatter(epochs[-1] + 1, course[epochs[-1]], 28, INK, marker="x", lw=1.2, zorder=3, label=label)
        named.add(name)
    drawn = np.concatenate([course[np.isfinite(course)] for course in values])
    log = bool(not marks.larger and drawn.min() > 0 and drawn.max() > LOG_RATIO * drawn.min())
    if log:
        logarithmic(axes)
    axes.set_ylabel(drawable(f"{marks.objective}{' (log scale)' * log}", 40), color=INK)
    axes.set_xlabel("epoch", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.margins(x=0.02)
    legend(axes)
    return finish(figure)
