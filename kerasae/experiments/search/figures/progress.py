"""How the best value improved from trial to trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.experiments.search.figures.trial_style import Marks, legend, scatter
from kerasae.report.style import INK, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def progress(numbers: np.ndarray, marks: Marks) -> Figure:
    """Draw every trial at its number, and the best value of those trained to the end so far as a line.

    Args:
        numbers: of the trials, from 1, int (n,).
        marks: the trials.
    """
    figure = new_figure(3.2)
    axes = figure.add_subplot()
    tidy(axes)
    able = ~marks.pruned
    if able.any():
        best = (np.maximum if marks.larger else np.minimum).accumulate(marks.scores[able])
        edges = np.append(numbers[able], numbers.max())
        axes.step(edges, np.append(best, best[-1]), where="post", c=INK, lw=1.6, label="the best so far")
    scatter(axes, numbers, marks)
    axes.set_xlabel("trial", color=INK)
    axes.set_ylabel(drawable(marks.objective, 40), color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    legend(axes)
    return finish(figure)
