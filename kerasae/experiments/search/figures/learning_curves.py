"""The objective of every trial over its epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from kerasae.experiments.search.figures.trial_style import ScoredTrials, legend
from kerasae.report.axes import LOG_RATIO, logarithmic
from kerasae.report.style import BLUE, FAINT, INK, VERMILLION, drawable, finish, new_figure, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def learning_curves(curves: Sequence[np.ndarray], trials: ScoredTrials) -> Figure:
    """Draw a line for each trial over its epochs; a pruned one ends in a cross, the best one is red.

    Args:
        curves: of the first run of each trial, float (epochs,), NaN in epochs without a value.
        trials: the same trials.
    """
    figure = new_figure(3.6, 9.0)
    axes = figure.add_subplot()
    tidy(axes)
    named: set[str] = set()
    for index, curve in enumerate(curves):
        epochs = np.flatnonzero(np.isfinite(curve))
        if len(epochs):
            is_best, is_pruned = index == trials.best, bool(trials.pruned[index])
            _draw_curve(axes, epochs + 1, curve[epochs], is_best=is_best, is_pruned=is_pruned, named=named)
    values = np.concatenate([curve[np.isfinite(curve)] for curve in curves])
    is_log = bool(not trials.larger and values.min() > 0 and values.max() > LOG_RATIO * values.min())
    if is_log:
        logarithmic(axes)
    axes.set_ylabel(drawable(f"{trials.objective}{' (log scale)' * is_log}", 40), color=INK)
    axes.set_xlabel("epoch", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.margins(x=0.02)
    legend(axes)
    return finish(figure)


def _draw_curve(
    axes: Axes, epochs: np.ndarray, values: np.ndarray, *, is_best: bool, is_pruned: bool, named: set[str]
) -> None:
    """Draw the curve of one trial; `named` collects the kinds of trials that the legend has already."""
    kind = "best" if is_best else "pruned" if is_pruned else "completed"
    axes.plot(
        epochs,
        values,
        c=VERMILLION if is_best else FAINT if is_pruned else BLUE,
        lw=2.4 if is_best else 1.1,
        alpha=1.0 if is_best else 0.65,
        zorder=4 if is_best else 2,
        label="_" if kind in named or (is_pruned and not is_best) else kind,
        marker="o" if len(epochs) == 1 and not is_pruned else "",
        ms=3.5,
    )
    if is_pruned:
        label = "_" if kind in named else kind
        axes.scatter(epochs[-1], values[-1], 28, INK, marker="x", lw=1.2, zorder=3, label=label)
    named.add(kind)
