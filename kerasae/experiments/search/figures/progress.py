"""The best score after each trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.experiments.search.figures.trial_style import ScoredTrials, legend, scatter
from kerasae.report.style import INK, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def progress(numbers: np.ndarray, trials: ScoredTrials) -> Figure:
    """Draw the trials over their numbers, and the best score of completed trials as a line.

    Args:
        numbers: of the trials, from 1, int (n,).
        trials: the trials.
    """
    figure = new_figure(3.2)
    axes = figure.add_subplot()
    tidy(axes)
    completed = ~trials.pruned
    if completed.any():
        best = (np.maximum if trials.larger else np.minimum).accumulate(trials.scores[completed])
        edges = np.append(numbers[completed], numbers.max())
        axes.step(edges, np.append(best, best[-1]), where="post", c=INK, lw=1.6, label="best so far")
    scatter(axes, numbers, trials)
    axes.set_xlabel("trial", color=INK)
    axes.set_ylabel(drawable(trials.objective, 40), color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    legend(axes)
    return finish(figure)
